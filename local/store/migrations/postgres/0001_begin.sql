-- The same logical schema as SQLite's. Names sort by their bytes, as SQLite sorts them. `asoc migrate` has made the schema `asoc`,
-- runs this as its owner, and grants the application's role what it needs (src/migrate.rs).

-- Events are partitioned by time, a month a partition. What lies outside of all of them stands in the default partition, so that no
-- event is ever refused for its time.
CREATE TABLE events (
    id   TEXT COLLATE "C" NOT NULL,
    time BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id, time)
) PARTITION BY RANGE (time);
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE event_subjects (
    subject TEXT COLLATE "C" NOT NULL,
    time    BIGINT NOT NULL,
    event   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (subject, time, event)
) PARTITION BY RANGE (time);
CREATE TABLE event_subjects_default PARTITION OF event_subjects DEFAULT;
CREATE TABLE quarantine (
    delivery TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    time     BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (delivery, position)
);
CREATE TABLE findings (
    id   TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE incidents (
    id      TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    status  TEXT NOT NULL,
    opened  BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX incidents_opened ON incidents (opened);
CREATE TABLE incident_keys (
    key      TEXT COLLATE "C" NOT NULL,
    incident TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key, incident)
);
CREATE TABLE blast_radii (
    incident TEXT COLLATE "C" PRIMARY KEY,
    body     TEXT NOT NULL
);
CREATE TABLE states (
    key     TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    value   TEXT NOT NULL
);
CREATE INDEX states_expires ON states (expires);
CREATE TABLE decisions (
    agent       TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    digest      TEXT COLLATE "C" NOT NULL,
    body        TEXT NOT NULL,
    carried_out INTEGER NOT NULL,
    PRIMARY KEY (agent, key)
);
CREATE INDEX decisions_digest ON decisions (digest);
CREATE INDEX decisions_unfinished ON decisions (agent) WHERE carried_out = 0;
CREATE TABLE refusals (
    step  TEXT COLLATE "C" PRIMARY KEY,
    error TEXT NOT NULL
);
CREATE TABLE messages (
    seq         BIGINT PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    correlation TEXT COLLATE "C" NOT NULL,
    body        TEXT NOT NULL,
    decision    TEXT NOT NULL,
    policies    TEXT NOT NULL
);
CREATE INDEX messages_correlation ON messages (correlation, seq);
CREATE TABLE queue (
    receiver TEXT COLLATE "C" NOT NULL,
    message  BIGINT NOT NULL,
    visible  BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failure  TEXT,
    dead     INTEGER NOT NULL,
    PRIMARY KEY (receiver, message)
);
CREATE INDEX queue_visible ON queue (receiver, dead, visible);
CREATE TABLE ledger (
    seq     BIGINT PRIMARY KEY,
    message TEXT COLLATE "C" NOT NULL UNIQUE,
    body    TEXT NOT NULL
);
CREATE TABLE checkpoints (
    seq  BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE blobs (
    digest TEXT COLLATE "C" PRIMARY KEY,
    body   BYTEA NOT NULL
);
CREATE TABLE executions (
    name    TEXT COLLATE "C" PRIMARY KEY,
    machine TEXT NOT NULL,
    status  TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX executions_status ON executions (status);
CREATE TABLE history (
    execution TEXT COLLATE "C" NOT NULL,
    id        BIGINT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (execution, id)
);
CREATE TABLE people (
    name TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE credentials (
    digest  TEXT COLLATE "C" PRIMARY KEY,
    kind    TEXT NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    expires BIGINT NOT NULL
);
CREATE TABLE documents (
    name TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);

-- What is on record stays as it is, whoever asks: grants bind the application's role, this binds the owner too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = asoc, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON messages EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blobs EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON decisions EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_content BEFORE UPDATE OF agent, key, digest, body ON decisions EXECUTE FUNCTION refuse_change();

-- The application's role may not alter the schema, so partitions come and go by these two functions. Times are milliseconds
-- since 1970.

-- Makes the partitions of the month in which `at` lies, unless they are there, and says which times they take.
CREATE FUNCTION make_partition(at BIGINT, OUT lo BIGINT, OUT hi BIGINT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = asoc, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    today BIGINT := extract(epoch FROM now()) * 1000;
    month TIMESTAMP;
    parent TEXT;
    name TEXT;
BEGIN
    IF at < today - 3660 * 86400000::BIGINT OR at > today + 366 * 86400000::BIGINT THEN
        RAISE EXCEPTION 'a partition is made at most ten years back and one ahead' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    month := date_trunc('month', to_timestamp(at / 1000.0) AT TIME ZONE 'UTC');
    lo := extract(epoch FROM month) * 1000;
    hi := extract(epoch FROM month + INTERVAL '1 month') * 1000;
    FOREACH parent IN ARRAY ARRAY['events', 'event_subjects'] LOOP
        name := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(format('asoc.%I', name)) IS NOT NULL;
        EXECUTE format('CREATE TABLE asoc.%I (LIKE asoc.%I)', name, parent);
        EXECUTE format('WITH moved AS (DELETE FROM asoc.%I WHERE time >= %s AND time < %s RETURNING *)
                        INSERT INTO asoc.%I SELECT * FROM moved', parent || '_default', lo, hi, name);
        EXECUTE format('ALTER TABLE asoc.%I ATTACH PARTITION asoc.%I FOR VALUES FROM (%s) TO (%s)', parent, name, lo, hi);
    END LOOP;
END $$;

-- Drops the months that ended before `before`, with what is as old in the default partitions. The last day is never dropped,
-- whatever the application asks for.
CREATE FUNCTION drop_partitions(before BIGINT, OUT dropped BIGINT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = asoc, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    edge BIGINT := LEAST(before, extract(epoch FROM now())::BIGINT * 1000 - 86400000);
    name TEXT;
BEGIN
    dropped := 0;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('asoc.events'::regclass, 'asoc.event_subjects'::regclass) AND c.relname ~ '_\d{4}_\d{2}$'
          AND extract(epoch FROM to_date(right(c.relname, 7), 'YYYY_MM') + INTERVAL '1 month') * 1000 <= edge
    LOOP
        EXECUTE format('DROP TABLE asoc.%I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM asoc.events_default WHERE time < edge;
    DELETE FROM asoc.event_subjects_default WHERE time < edge;
END $$;

REVOKE EXECUTE ON FUNCTION make_partition(BIGINT), drop_partitions(BIGINT), refuse_change() FROM PUBLIC;

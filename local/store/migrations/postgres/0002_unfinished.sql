-- Decisions whose calls are not known to be made are looked for all the time, and there are few.
CREATE INDEX decisions_unfinished ON decisions (agent) WHERE carried_out = 0;

package asoc.authorization_test

import rego.v1

import data.asoc.authorization
import data.asoc.settings

quiet := action("a-trail", "restart_trail", "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", {})

snapshot := action("a-snap", "snapshot_volumes", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", {})

revoke := action("a-user", "revoke_iam_user", "arn:aws:iam::111122223333:user/dev/alice", {})

key := action("a-key", "deactivate_access_key", "arn:aws:iam::111122223333:user/dev/alice", {})

isolate := action("a-iso", "isolate_instance", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", {})

jewel := {"asoc:tier": "crown-jewel"}

action(id, kind, target, tags) := {
	"id": id,
	"kind": kind,
	"target": target,
	"tags": tags,
	"administrator": false,
}

question(risk, actions) := {
	"risk": risk,
	"drill": false,
	"actions": actions,
	"principals": ["arn:aws:iam::111122223333:user/dev/alice"],
	"actions_last_hour": 0,
}

# What is applied at once.

test_empty_plan_is_allowed_at_any_risk if {
	verdict := authorization.verdict with input as question(100, [])
	verdict.effect == "allow"
	verdict.approvers == 0
	verdict.reasons == ["the plan is empty"]
}

test_harmless_actions_are_allowed_up_to_the_threshold if {
	verdict := authorization.verdict with input as question(60, [quiet, snapshot])
	verdict.effect == "allow"
	verdict.on_expiry == []
	count(verdict.reasons) == 1
}

# What people are asked.

test_risk_above_the_threshold_is_asked if {
	verdict := authorization.verdict with input as question(61, [quiet])
	verdict.effect == "approval"
	verdict.approvers == 1
	verdict.expires_seconds == 1800
	verdict.reasons == ["risk 61 is above 60"]
}

test_other_kinds_are_asked_at_any_risk if {
	verdict := authorization.verdict with input as question(0, [quiet, revoke])
	verdict.effect == "approval"
	verdict.reasons == ["revoke iam user is never applied without asking"]
}

test_default_covers_only_what_takes_nothing_away if {
	verdict := authorization.verdict with input as question(80, [quiet, snapshot, isolate, revoke, key])
	verdict.on_expiry == ["a-trail", "a-snap"]
}

# Where two must agree.

test_crown_jewel_needs_two if {
	plan := [object.union(isolate, {"tags": jewel})]
	verdict := authorization.verdict with input as question(30, plan)
	verdict.effect == "approval"
	verdict.approvers == 2
}

test_harmless_action_on_crown_jewel_is_allowed if {
	plan := [object.union(snapshot, {"tags": jewel})]
	verdict := authorization.verdict with input as question(30, plan)
	verdict.effect == "allow"
}

test_administrator_needs_two_from_ninety if {
	every action in [revoke, key] {
		plan := [object.union(action, {"administrator": true})]
		below := authorization.verdict with input as question(89, plan)
		at := authorization.verdict with input as question(90, plan)
		below.approvers == 1
		at.approvers == 2
	}
}

test_full_budget_is_still_within if {
	used := object.union(question(10, [quiet]), {"actions_last_hour": 19})
	verdict := authorization.verdict with input as used
	verdict.effect == "allow"
}

test_over_budget_needs_two_and_has_no_default if {
	used := object.union(question(10, [quiet]), {"actions_last_hour": 20})
	verdict := authorization.verdict with input as used
	verdict.effect == "approval"
	verdict.approvers == 2
	verdict.on_expiry == []
	verdict.reasons == ["20 actions in the last hour and 1 more exceed the budget of 20 an hour"]
}

test_over_budget_empty_plan_is_allowed if {
	used := object.union(question(10, []), {"actions_last_hour": 50})
	verdict := authorization.verdict with input as used
	verdict.effect == "allow"
}

# What is denied.

untouchable := [
	"arn:aws:iam::111122223333:role/asoc-response",
	"arn:aws:iam::111122223333:role/security/ASOC-supervisor",
	"arn:aws-us-gov:iam::111122223333:role/break-glass",
	"arn:aws:iam::111122223333:user/break-glass",
]

touchable := [
	"arn:aws:iam::111122223333:role/not-asoc-response",
	"arn:aws:iam::111122223333:user/asoc-response",
	"arn:aws:iam::111122223333:user/break-glass-2",
	"arn:aws:s3:::asoc-lookalike",
]

test_never_touch_names_are_denied if {
	every target in untouchable {
		plan := [quiet, action("a", "revoke_role_sessions", target, {})]
		verdict := authorization.verdict with input as question(90, plan)
		verdict.effect == "deny"
		verdict.on_expiry == []
		verdict.approvers == 0
	}
}

test_lookalikes_are_not_protected if {
	every target in touchable {
		plan := [action("a", "revoke_role_sessions", target, {})]
		verdict := authorization.verdict with input as question(90, plan)
		verdict.effect == "approval"
	}
}

test_exempt_tag_is_denied if {
	plan := [action("a", "snapshot_volumes", isolate.target, {"asoc:exempt": "true"})]
	verdict := authorization.verdict with input as question(5, plan)
	verdict.effect == "deny"
	verdict.reasons == [concat("", [isolate.target, " is exempt from every action (tag asoc:exempt=true)"])]
}

test_exempt_false_is_not_exempt if {
	plan := [action("a", "snapshot_volumes", isolate.target, {"asoc:exempt": "false"})]
	verdict := authorization.verdict with input as question(5, plan)
	verdict.effect == "allow"
}

# What cannot be read is denied.

test_empty_question_is_denied if {
	verdict := authorization.verdict with input as {}
	verdict.effect == "deny"
	count(verdict.reasons) == 3
}

test_each_field_is_needed if {
	every field in ["risk", "actions", "actions_last_hour"] {
		verdict := authorization.verdict with input as object.remove(question(5, [quiet]), [field])
		verdict.effect == "deny"
		count(verdict.reasons) == 1
	}
}

test_each_field_of_an_action_is_needed if {
	every field in ["id", "kind", "target", "tags", "administrator"] {
		verdict := authorization.verdict with input as question(5, [object.remove(quiet, [field])])
		verdict.effect == "deny"
		verdict.reasons == ["action 0 of the question cannot be read"]
	}
}

test_values_of_the_wrong_type_are_denied if {
	wrong := [
		question("60", [quiet]),
		question(101, [quiet]),
		question(-1, [quiet]),
		question(5, {"first": quiet}),
		question(5, [object.union(quiet, {"target": "i-1"})]),
		question(5, [object.union(quiet, {"target": 7})]),
		question(5, [object.union(quiet, {"tags": ["asoc:exempt"]})]),
	]
	every input_value in wrong {
		verdict := authorization.verdict with input as input_value
		verdict.effect == "deny"
	}
}

test_each_setting_is_needed if {
	every name in ["allowed_without_asking", "ask_above_risk", "approvers", "raised", "never_touch", "on_expiry"] {
		effect := authorization.effect with data.asoc.settings as object.remove(settings, [name])
			with input as question(5, [quiet])
		effect == "deny"
	}
}

# What is only watched is said in the answer, and changes nothing else of it.

test_what_is_not_switched_on_is_observed if {
	every kind, observed in {"isolate_instance": ["a-trail"], "restart_trail": [], "*": []} {
		verdict := authorization.verdict with data.asoc.settings as containing(kind)
			with input as question(5, [quiet])
		verdict.effect == "allow"
		verdict.observe == observed
	}
}

containing(kind) := object.union(settings, {"contain": [kind]})

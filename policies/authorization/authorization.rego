# Whether the plan of an incident may be applied: at once, after people agreed, or not at all.
#
# The input is one question (risk, actions with their targets' tags, actions of the last hour); thresholds and lists
# stand in settings.json. A denial outranks everything, and what no rule allows is asked, so a rule that fails to
# speak can only make the answer stricter.
package asoc.authorization

import rego.v1

import data.asoc.settings

verdict := {
	"effect": effect,
	"reasons": sort(reasons),
	"approvers": approvers,
	"expires_seconds": settings.expires_seconds,
	"on_expiry": on_expiry,
	"observe": observe,
}

default effect := "approval"

effect := "deny" if {
	count(denied) > 0
} else := "allow" if {
	count(allowed) > 0
	count(raised) == 0
}

reasons := denied if effect == "deny"

reasons := allowed if effect == "allow"

reasons := asked | raised if effect == "approval"

default approvers := 0

approvers := settings.approvers.raised if {
	effect == "approval"
	count(raised) > 0
} else := settings.approvers.usual if {
	effect == "approval"
}

# Denied: an input that cannot be read cannot be held against the never-touch list either, so people are not asked to
# vouch for it.
denied contains reason if some reason in unreadable

denied contains sprintf("%s is on the never-touch list (%s)", [action.target, name]) if {
	some action in question.actions
	some name in settings.never_touch.names
	is_named(action.target, name)
}

denied contains sprintf("%s is exempt from every action (tag %s=%s)", [action.target, key, value]) if {
	some action in question.actions
	some key, value in settings.never_touch.tags
	action.tags[key] == value
}

# Raised: more people than usual must agree, and nothing is applied without them.
raised contains sprintf("%d actions in the last hour and %d more exceed the budget of %d an hour", [
	question.actions_last_hour,
	count(question.actions),
	settings.actions_per_hour,
]) if {
	over_budget
}

raised contains sprintf("%s on %s, which is tagged %s=%s", [action.kind, action.target, key, value]) if {
	some action in question.actions
	action.kind in settings.raised.kinds
	some key, value in settings.raised.tags
	action.tags[key] == value
}

raised contains sprintf("%s on the administrator %s at risk %d", [action.kind, action.target, question.risk]) if {
	some action in question.actions
	action.administrator
	action.kind in settings.raised.kinds
	question.risk >= settings.raised.administrator_risk
}

# The circuit breaker: a responder that acts this often is attacked, or wrong.
over_budget if {
	count(question.actions) > 0
	question.actions_last_hour + count(question.actions) > settings.actions_per_hour
}

asked contains sprintf("risk %d is above %d", [question.risk, settings.ask_above_risk]) if {
	question.risk > settings.ask_above_risk
}

asked contains sprintf("%s is never applied without asking", [replace(action.kind, "_", " ")]) if {
	some action in question.actions
	not action.kind in settings.allowed_without_asking
}

allowed contains "the plan is empty" if count(question.actions) == 0

allowed contains sprintf("risk %d is not above %d, and every action may be applied without asking", [
	question.risk,
	settings.ask_above_risk,
]) if {
	question.risk <= settings.ask_above_risk
	every action in question.actions {
		action.kind in settings.allowed_without_asking
	}
}

# The declared default, taken when nobody answers in time: only what takes nothing away from anybody.
default on_expiry := []

on_expiry := [action.id |
	some action in question.actions
	action.kind in settings.on_expiry
] if {
	effect == "approval"
	not over_budget
}

# Whether an ARN's type and last name (`role/asoc-response`, whatever its path) are this one; a final `*` stands for
# any ending. IAM compares names without regard to case.
is_named(arn, name) if lower(short_name(arn)) == lower(name)

is_named(arn, name) if {
	endswith(name, "*")
	startswith(lower(short_name(arn)), lower(trim_suffix(name, "*")))
}

short_name(arn) := sprintf("%s/%s", [segments[0], segments[count(segments) - 1]]) if {
	parts := split(arn, ":")
	segments := split(concat(":", array.slice(parts, 5, count(parts))), "/")
}

# Kinds that the team has not switched on are only watched: their actions end as simulated.
observe := [action.id | some action in question.actions; not contained(action.kind)]

contained(kind) if kind in settings.contain

contained(_) if "*" in settings.contain

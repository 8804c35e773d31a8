# What must be there before a question can be answered: every field the rules look at, in the question and in the
# settings. The rules see the question only if nothing is missing; otherwise the denial is all that speaks.
#
# `not` stands before rules without arguments: OPA looks an argument up first, and where that is undefined, so is the
# whole body.
package asoc.authorization

import rego.v1

import data.asoc.settings

question := input if count(unreadable) == 0

unreadable contains "the question has no risk from 0 to 100" if not has_risk

unreadable contains "the question has no list of actions" if not has_actions

unreadable contains "the question does not say how many actions there were in the last hour" if not has_actions_last_hour

unreadable contains sprintf("action %d of the question cannot be read", [place]) if {
	some place, action in input.actions
	not is_readable(action)
}

unreadable contains "the settings are incomplete" if not has_settings

has_risk if {
	is_count(input.risk)
	input.risk <= 100
}

has_actions if is_array(input.actions)

has_actions_last_hour if is_count(input.actions_last_hour)

is_count(number) if {
	is_number(number)
	number >= 0
}

is_readable(action) if {
	is_string(action.id)
	is_string(action.kind)
	is_object(action.tags)
	is_boolean(action.administrator)
	is_string(action.target)
	startswith(action.target, "arn:")
	count(split(action.target, ":")) >= 6
}

has_settings if {
	is_array(settings.allowed_without_asking)
	is_count(settings.ask_above_risk)
	settings.approvers.usual >= 1
	settings.approvers.raised >= settings.approvers.usual
	is_array(settings.raised.kinds)
	is_object(settings.raised.tags)
	is_count(settings.raised.administrator_risk)
	is_array(settings.never_touch.names)
	is_object(settings.never_touch.tags)
	is_count(settings.actions_per_hour)
	is_count(settings.expires_seconds)
	is_array(settings.on_expiry)
	is_array(settings.contain)
}

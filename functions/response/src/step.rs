//! What became of the last call, and what is to be sent next.

use domain::{AccountWrite, ActionId, ActionRecord, StepOutcome, Time};

/// Seconds that the account gets to show what was sent: reads of AWS lag behind writes.
pub(crate) const LAG_SECONDS: u32 = 2;
/// How often one call is sent again when the account does not show it.
const RESENDS: usize = 3;

/// Names a step: what a refusal is kept under.
pub(crate) fn name(action: &ActionId, place: usize) -> String {
    format!("{action}/{place}")
}

/// What to do on this visit.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// Send this.
    Send(AccountWrite),
    /// The account may not show the last call yet: look again later.
    Wait,
    /// No call is needed any more.
    Reached,
    /// It cannot go on, and why.
    Stuck(String),
}

/// Settles the last call of the record by what the account shows now, where `wanted` is the call that this reading asks
/// for. Looks only at calls since the way at hand, forward or back, was begun.
pub(crate) fn settle(
    record: &mut ActionRecord,
    wanted: Option<AccountWrite>,
    refusal: Option<&str>,
    begun: Time,
    now: Time,
) -> Next {
    let since = record.steps.iter().filter(|step| step.time >= begun);
    let times_sent = since.filter(|step| Some(&step.call) == wanted.as_ref()).count();
    let mut answer = None;
    let last = record.steps.last_mut();
    if let Some(last) = last.filter(|step| step.time >= begun && step.outcome == StepOutcome::Sent) {
        let is_wanted_still = Some(&last.call) == wanted.as_ref();
        match refusal {
            Some(text) if !shows_it_was_done(&last.call, text) => {
                last.outcome = StepOutcome::Refused(text.to_owned());
                if is_wanted_still {
                    return Next::Stuck(format!("the account refused: {text}. {}", advice(text)));
                }
            }
            _ if !is_wanted_still => last.outcome = StepOutcome::Observed,
            _ if now.millis_since(last.time) < i64::from(LAG_SECONDS) * 1000 => return Next::Wait,
            _ => answer = refusal,
        }
    }
    match wanted {
        None => Next::Reached,
        Some(_) if times_sent > RESENDS => Next::Stuck(format!(
            "the account does not show a call that was sent {times_sent} times (its last answer: {}); look who \
             changes it back, then undo this action or plan it again",
            answer.unwrap_or("accepted"),
        )),
        Some(call) => Next::Send(call),
    }
}

/// Whether a refusal says that the call's effect is there already, from an earlier sending whose answer was lost. Then
/// the account is believed, once it shows it.
fn shows_it_was_done(call: &AccountWrite, refusal: &str) -> bool {
    use AccountWrite as W;
    matches!(
        (call, code(refusal)),
        (W::CreateSecurityGroup { .. }, "InvalidGroup.Duplicate")
            | (W::DeleteSecurityGroup { .. }, "InvalidGroup.NotFound")
            | (W::AuthorizeSecurityGroupIngress { .. }, "InvalidPermission.Duplicate")
            | (W::RevokeSecurityGroupIngress { .. }, "InvalidPermission.NotFound")
            | (W::RevokeSecurityGroupEgress { .. }, "InvalidPermission.NotFound")
            | (W::CreateNetworkAclEntry { .. }, "NetworkAclEntryAlreadyExists")
            | (W::DeleteNetworkAclEntry { .. }, "InvalidNetworkAclEntry.NotFound")
            | (W::DisassociateAddress { .. }, "InvalidAssociationID.NotFound")
            | (W::AssociateAddress { .. }, "Resource.AlreadyAssociated")
            | (W::DisassociateInstanceProfile { .. }, "NoSuchAssociation")
            | (W::AssociateInstanceProfile { .. }, "IncorrectState")
            | (W::DetachFromAutoScaling { .. }, "ValidationError")
            | (W::AttachToAutoScaling { .. }, "ValidationError")
            | (W::DetachUserPolicy { .. }, "NoSuchEntity")
            | (W::DeleteRolePolicy { .. }, "NoSuchEntity")
            | (W::DeleteSnapshot { .. }, "InvalidSnapshot.NotFound")
    )
}

fn code(refusal: &str) -> &str {
    refusal.split(':').next().unwrap_or(refusal)
}

fn advice(refusal: &str) -> &'static str {
    match code(refusal) {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            "Give A-SOC's response role the right to this call, and contain this one by hand"
        }
        "LimitExceeded" | "NetworkAclEntryLimitExceeded" | "SecurityGroupsPerInterfaceLimitExceeded" => {
            "Make room or raise the quota, and contain this one by hand"
        }
        "DependencyViolation" => "Free the resource from what else uses it, and end this one by hand",
        _ => "Look at the target; then undo this action, or plan it again",
    }
}

//! What mobile push stores, and where. Every key starts with `"sns"`.
//!
//! | key | value |
//! |---|---|
//! | `"mobile application", account, region, platform, name` | [`super::applications::Application`] |
//! | `"mobile endpoint", account, region, application's id, id` | [`super::endpoints::Endpoint`] |
//! | `"mobile token", account, region, application's id, token` | the id of the endpoint that has the token |

use names::Scope;
use service::scoped;
use store::tuple::Key;

use super::applications::Application;

fn of(kind: &str, scope: &Scope) -> Key {
    scoped("sns", kind, scope)
}

/// The applications of an account in a region.
pub(super) fn applications(scope: &Scope) -> Key {
    of("mobile application", scope)
}

/// The endpoints of an application.
pub(super) fn endpoints(application: &Application) -> Key {
    of("mobile endpoint", &application.scope).str(&application.id)
}

/// The tokens of an application's endpoints.
pub(super) fn tokens(application: &Application) -> Key {
    of("mobile token", &application.scope).str(&application.id)
}

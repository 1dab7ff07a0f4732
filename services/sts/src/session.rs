//! What all temporary credentials have in common.

use api_sts as api;
use names::ids;
use service::{Credential, Random};
use wire::Timestamp;

/// As long as AWS's, so that whoever stores one finds out early how much room it takes.
pub(crate) fn token(random: &Random) -> String {
    (0..6).map(|_| ids::secret_access_key(random.bytes())).collect()
}

/// As the API shows them, once.
pub(crate) fn shown(credential: Credential) -> api::Credentials {
    api::Credentials {
        access_key_id: credential.access_key_id,
        secret_access_key: credential.secret_access_key,
        session_token: credential.session_token.unwrap_or_default(),
        expiration: Timestamp(credential.expires_ms.unwrap_or_default()),
    }
}

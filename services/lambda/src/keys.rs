//! What Lambda stores, and where. Every key starts with `"lambda"`.
//!
//! | key | value |
//! |---|---|
//! | `"function", account, region, name` | [`crate::function::Function`], as it is: `$LATEST` |
//! | `"version", account, region, name, number` | [`crate::function::Function`], as it was published |
//! | `"published", account, region, name` | the last number that was given to a version; it stays when the function goes |
//! | `"alias", account, region, name, alias` | [`crate::aliases::Alias`] |
//! | `"package", package id, piece` | a piece of a deployment package, as it was uploaded |
//! | `"policy", account, region, name` | [`crate::policy::Policy`] of the function itself |
//! | `"policy", account, region, name, qualifier` | the same of a version or an alias |
//! | `"concurrency", account, region, name` | how many invocations the function has reserved, a whole number |
//! | `"provisioned", account, region, name, qualifier` | [`crate::provisioned::Provisioned`] |
//! | `"recursion", account, region, name` | whether calls of it may go round in circles, a word of the API |
//! | `"runtime-update", account, region, name, version` | when its runtime is updated, likewise; 0 is `$LATEST` |
//! | `"code-signing", account, region, id` | [`crate::signing::Config`] |
//! | `"code-signed", account, region, name` | the ARN of the config that the function has |
//! | `"layer", account, region, name, number` | [`crate::layers::Layer`]: a version of a layer |
//! | `"layer-published", account, region, name` | the last number that was given to a version; it stays when versions go |
//! | `"layer-policy", account, region, name, number` | [`crate::policy::Policy`] of a version of a layer |
//! | `"layer-use", package id, key of a function or version` | nothing: it has that package among its layers |
//! | `"mapping", account, region, UUID` | [`crate::sources::mapping::Mapping`] |
//! | `"checkpoint", account, region, UUID, shard` | [`crate::sources::streams::checkpoint::Checkpoint`] |
//! | `"event", due at (ms), event id` | [`crate::event::Event`] |
//! | `"telling", due at (ms), telling id` | [`crate::telling::Telling`] |
//! | `"url", URL id` | [`crate::url::FunctionUrl`] |
//! | `"urls", account, region, name, alias` | the same |
//! | `"event settings", account, region, name, qualifier` | [`crate::event::settings::Settings`] |

use names::Scope;
use service::scoped;
use store::tuple::Key;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("lambda").str(kind)
}

pub(crate) fn all_functions() -> Key {
    of("function")
}

pub(crate) fn functions(scope: &Scope) -> Key {
    scoped("lambda", "function", scope)
}

pub(crate) fn function(scope: &Scope, name: &str) -> Key {
    functions(scope).str(name)
}

pub(crate) fn all_versions(scope: &Scope) -> Key {
    scoped("lambda", "version", scope)
}

pub(crate) fn versions(scope: &Scope, function: &str) -> Key {
    all_versions(scope).str(function)
}

pub(crate) fn version(scope: &Scope, function: &str, number: u64) -> Key {
    versions(scope, function).u64(number)
}

pub(crate) fn published(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "published", scope).str(function)
}

pub(crate) fn aliases(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "alias", scope).str(function)
}

pub(crate) fn alias(scope: &Scope, function: &str, alias: &str) -> Key {
    aliases(scope, function).str(alias)
}

/// Of the function itself; those of its versions and aliases stand behind it.
pub(crate) fn policy(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "policy", scope).str(function)
}

pub(crate) fn policy_of(scope: &Scope, function: &str, qualifier: &str) -> Key {
    policy(scope, function).str(qualifier)
}

pub(crate) fn concurrencies(scope: &Scope) -> Key {
    scoped("lambda", "concurrency", scope)
}

pub(crate) fn concurrency(scope: &Scope, function: &str) -> Key {
    concurrencies(scope).str(function)
}

/// Signalled when one changes, or what it leads to.
pub(crate) fn all_provisioned() -> Key {
    of("provisioned")
}

/// No record: who waits for it hears of resets.
pub(crate) fn environments() -> Key {
    of("environments")
}

pub(crate) fn provisioned_in(scope: &Scope) -> Key {
    scoped("lambda", "provisioned", scope)
}

pub(crate) fn provisioned_of(scope: &Scope, function: &str) -> Key {
    provisioned_in(scope).str(function)
}

pub(crate) fn provisioned(scope: &Scope, function: &str, qualifier: &str) -> Key {
    provisioned_of(scope, function).str(qualifier)
}

pub(crate) fn recursion(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "recursion", scope).str(function)
}

pub(crate) fn runtime_updates(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "runtime-update", scope).str(function)
}

pub(crate) fn runtime_update(scope: &Scope, function: &str, version: u64) -> Key {
    runtime_updates(scope, function).u64(version)
}

pub(crate) fn code_signings(scope: &Scope) -> Key {
    scoped("lambda", "code-signing", scope)
}

pub(crate) fn code_signing(scope: &Scope, id: &str) -> Key {
    code_signings(scope).str(id)
}

pub(crate) fn code_signed_in(scope: &Scope) -> Key {
    scoped("lambda", "code-signed", scope)
}

pub(crate) fn code_signed(scope: &Scope, function: &str) -> Key {
    code_signed_in(scope).str(function)
}

pub(crate) fn layers(scope: &Scope) -> Key {
    scoped("lambda", "layer", scope)
}

pub(crate) fn layer_versions(scope: &Scope, layer: &str) -> Key {
    layers(scope).str(layer)
}

pub(crate) fn layer(scope: &Scope, layer: &str, number: u64) -> Key {
    layer_versions(scope, layer).u64(number)
}

pub(crate) fn layer_published(scope: &Scope, layer: &str) -> Key {
    scoped("lambda", "layer-published", scope).str(layer)
}

pub(crate) fn layer_policy(scope: &Scope, layer: &str, number: u64) -> Key {
    scoped("lambda", "layer-policy", scope).str(layer).u64(number)
}

pub(crate) fn layer_uses(package: &Id) -> Key {
    of("layer-use").bytes(package)
}

pub(crate) fn layer_use(package: &Id, function: &Key) -> Key {
    layer_uses(package).bytes(function)
}

pub(crate) fn package(id: &Id) -> Key {
    of("package").bytes(id)
}

pub(crate) fn piece(id: &Id, piece: u64) -> Key {
    package(id).u64(piece)
}

/// All mappings; signalled when one is made or changed.
pub(crate) fn mappings() -> Key {
    of("mapping")
}

pub(crate) fn mappings_of(scope: &Scope) -> Key {
    scoped("lambda", "mapping", scope)
}

/// Signalled when the mapping changes or is deleted.
pub(crate) fn mapping(scope: &Scope, uuid: &str) -> Key {
    mappings_of(scope).str(uuid)
}

/// How far the shards of a mapping are worked on.
pub(crate) fn checkpoints(scope: &Scope, uuid: &str) -> Key {
    scoped("lambda", "checkpoint", scope).str(uuid)
}

pub(crate) fn checkpoint(scope: &Scope, uuid: &str, shard: &str) -> Key {
    checkpoints(scope, uuid).str(shard)
}

pub(crate) fn url(id: &str) -> Key {
    of("url").str(id)
}

/// The URLs of a function; that of the function itself, and those of aliases, stand behind it.
pub(crate) fn urls(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "urls", scope).str(function)
}

pub(crate) fn url_of(scope: &Scope, function: &str, alias: &str) -> Key {
    urls(scope, function).str(alias)
}

/// How events of a function are treated; those of each qualifier stand behind it.
pub(crate) fn event_settings(scope: &Scope, function: &str) -> Key {
    scoped("lambda", "event settings", scope).str(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let id = [1; 16];
        let keys = [
            ("function", function(&scope, "f")),
            ("version", version(&scope, "f", 7)),
            ("published", published(&scope, "f")),
            ("alias", alias(&scope, "f", "a")),
            ("policy", policy(&scope, "f")),
            ("qualified-policy", policy_of(&scope, "f", "7")),
            ("concurrency", concurrency(&scope, "f")),
            ("provisioned", provisioned(&scope, "f", "a")),
            ("recursion", recursion(&scope, "f")),
            ("runtime-update", runtime_update(&scope, "f", 7)),
            ("code-signing", code_signing(&scope, "c")),
            ("code-signed", code_signed(&scope, "f")),
            ("layer", layer(&scope, "l", 7)),
            ("layer-published", layer_published(&scope, "l")),
            ("layer-policy", layer_policy(&scope, "l", 7)),
            ("layer-use", layer_use(&id, &function(&scope, "f"))),
            ("piece", piece(&id, 7)),
            ("event_settings", event_settings(&scope, "f").str("q")),
            ("url", url("i")),
            ("url_of", url_of(&scope, "f", "a")),
            ("mapping", mapping(&scope, "u")),
            ("checkpoint", checkpoint(&scope, "u", "s")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}

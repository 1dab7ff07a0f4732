//! What becomes of packages of layers when several change things at once. Never here: requests (they are the end-to-end
//! tests').

use api_lambda as api;
use bytes::Bytes;
use names::{Account, Region, Scope};
use service::{Clock, Cloud, Context, Directory, Everyone, Random, Result};
use store::{Options, Store};

use super::{LayerVersion, Use, operations, release, replace, uses};
use crate::function::Function;
use crate::functions;
use crate::keys::{self, Id};
use crate::name::Name;
use crate::package::{self, Package};

fn context() -> Context {
    let everyone = Box::new(Everyone { is_enforced: false });
    let store = Store::open(Options::memory()).unwrap();
    let (clock, random) = (Clock::default(), Random::default());
    let cloud = Cloud::new(store, clock, random, b"key", everyone, "http://localhost:1".into());
    let hosting = crate::Hosting { environments: 1, ..crate::Hosting::default() };
    let cloud = cloud.open(Directory::new(vec![crate::service(std::env::temp_dir(), hosting)]));
    cloud.context_of("lambda", Scope::new(Account::ZERO, Region::US_EAST_1))
}

fn zip() -> Bytes {
    package::tests::zipped(&[("a", b"a")]).into()
}

/// A version of the layer `l`, as functions use it.
async fn publish(context: &Context) -> Use {
    let content = api::LayerVersionContentInput { zip_file: Some(zip()), ..Default::default() };
    let input = api::PublishLayerVersionInput { layer_name: "l".into(), content, ..Default::default() };
    let arn = operations::publish(context.clone(), input).await.unwrap().layer_version_arn.unwrap();
    uses::resolve(context, &context.scope(), &[arn]).unwrap().remove(0)
}

async fn delete(context: &Context, number: i64) {
    let input = api::DeleteLayerVersionInput { layer_name: "l".into(), version_number: number };
    context.transact(|tx| operations::delete(tx, &input)).await.unwrap();
}

async fn create(context: &Context, name: &str, layer: Option<&Use>) -> Result<Function> {
    let input = api::CreateFunctionInput {
        function_name: name.into(),
        runtime: Some("python3.12".into()),
        handler: Some("main.handler".into()),
        role: "arn:aws:iam::000000000000:role/r".into(),
        ..Default::default()
    };
    let name = Name { scope: context.scope(), name: name.into(), qualifier: None };
    let package: Package = package::check(zip()).await.unwrap();
    let created = context.transact(|tx| {
        functions::record(tx, &input, name.clone(), &package, layer.cloned().into_iter().collect()).map(drop)
    });
    created.await?;
    crate::function::find(&*context.view(), &name)
}

fn is_stored(context: &Context, package: &Id) -> bool {
    package::is_stored(&*context.view(), package).unwrap()
}

fn message<T>(outcome: Result<T>) -> String {
    outcome.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn a_layer_that_was_deleted_since_it_was_looked_up_is_missing() {
    let context = context();
    let old = create(&context, "old", None).await.unwrap();
    let layer = publish(&context).await;
    delete(&context, 1).await;
    assert!(!is_stored(&context, &layer.package.id));
    let missing = format!("Layer version {} does not exist.", layer.arn);
    assert!(message(create(&context, "new", Some(&layer)).await).contains(&missing));
    let new = Function { layers: vec![layer], ..old.clone() };
    assert!(message(context.transact(|tx| replace(tx, &old, &new)).await).contains(&missing));
}

#[tokio::test]
async fn a_function_keeps_a_deleted_layer_through_changes() {
    let context = context();
    let layer = publish(&context).await;
    let old = create(&context, "f", Some(&layer)).await.unwrap();
    delete(&context, 1).await;
    // As an earlier program has stored it: in the client's words.
    let new = Function {
        layers: vec![Use { arn: layer.arn.replace(":1", ":01"), ..layer.clone() }],
        ..old.clone()
    };
    context.transact(|tx| replace(tx, &new, &old)).await.unwrap();
    context.transact(|tx| replace(tx, &old, &new)).await.unwrap();
    assert!(is_stored(&context, &layer.package.id));
    context.transact(|tx| release(tx, &old)).await.unwrap();
    assert!(!is_stored(&context, &layer.package.id));
}

#[test]
fn a_number_with_zeros_before_it_is_the_same_version() {
    let arn = "arn:aws:lambda:us-east-1:000000000000:layer:l:01".parse().unwrap();
    assert!(LayerVersion::parse(&arn).unwrap().arn().as_str().ends_with(":l:1"));
}

#[tokio::test]
async fn the_last_of_two_users_that_go_at_once_takes_the_package_along() {
    let context = context();
    let layer = publish(&context).await;
    let first = create(&context, "first", Some(&layer)).await.unwrap();
    let second = create(&context, "second", Some(&layer)).await.unwrap();
    delete(&context, 1).await;
    let mut attempts = 0;
    let released = context.transact(|tx| {
        attempts += 1;
        release(tx, &first)?;
        if attempts == 1 {
            // The other has seen the first one's use, and leaves the package.
            let theirs = keys::layer_use(&layer.package.id, &second.key());
            context.cloud.store.transact_now(|theirs_tx| {
                theirs_tx.delete(theirs.clone());
                Ok::<_, store::Error>(())
            })?;
        }
        Ok(())
    });
    released.await.unwrap();
    assert_eq!(attempts, 2);
    assert!(!is_stored(&context, &layer.package.id));
}

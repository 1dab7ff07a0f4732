//! What becomes of work that nobody waits for any more.

use names::Account;
use serde_json::json;
use service::{Clock, Directory, Everyone, Random};
use store::{Direction, Options, Store};

use super::super::work::Followed;
use super::*;

#[tokio::test]
async fn a_job_that_nobody_waits_for_is_ended() {
    let store = Store::open(Options::memory()).unwrap();
    let everyone = Box::new(Everyone { is_enforced: false });
    let endpoint = "http://localhost:1".into();
    let cloud = Cloud::new(store, Clock::default(), Random::default(), b"key", everyone, endpoint);
    let cloud = cloud.open(Directory::new(vec![crate::service()]));
    let scope = Scope::new(Account::ZERO, names::Region::US_EAST_1);
    let call = Call {
        scope,
        execution: [1; 16],
        execution_arn: "a".into(),
        waited: Waited { frame: 0, serial: 1 },
        resource: "arn:aws:states:::states:startExecution.sync".into(),
        parameters: "{}".into(),
        token: None,
        role_arn: "r".into(),
    };
    let job = json!({"ExecutionArn": "b"});
    let begun = Called::Ran(Ok(Answer::Begun { answer: json!({}), job: job.clone() }));
    let called: InTurn<Called> = (begun, turns::of(&cloud, &call.execution).await);
    let once = |tx: &mut Tx<'_>| answered(tx, &call, &called);
    call.context(&cloud).transact(once).await.unwrap();
    let cancels = store::tuple::Key::new().str("states").str("cancels").prefix_range();
    let (_, value) = cloud.store.snapshot().scan(cancels, Direction::Forward).next().unwrap().unwrap();
    assert_eq!(store::record::decode::<Followed>(&value).unwrap(), Followed { call, job: job.to_string() });
}

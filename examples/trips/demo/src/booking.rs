//! The booking of a whole trip, or nothing of it: a state machine, the three parts of a trip, and who pays for it.

use anyhow::Result;
use aws_sdk_dynamodb::types::KeyType;

use crate::cloud::{Cloud, ROLE};

const MACHINE: &str = include_str!("../../saga/trip.asl.json");
/// The parts of a trip, and where there is nothing left of each.
const PARTS: [(&str, &str); 3] = [("hotel", "Oslo"), ("flight", "Rome"), ("car", "Venice")];
const SIGV4: &[u8] = include_bytes!("../../bill/sigv4.py");
const PART_IN_PYTHON: [(&str, &[u8]); 2] =
    [("main.py", include_bytes!("../../saga/booking.py")), ("sigv4.py", SIGV4)];
const PAYER_IN_PYTHON: [(&str, &[u8]); 2] =
    [("main.py", include_bytes!("../../saga/payer.py")), ("sigv4.py", SIGV4)];

/// Deploys it; the topic hears of what was booked. The state machine's ARN.
pub async fn deploy(cloud: &Cloud, topic: &str) -> Result<String> {
    for (part, sold_out) in PARTS {
        cloud.table(part, &[("id", KeyType::Hash)])?.send().await?;
        let settings = [("TABLE", part), ("SOLD_OUT", sold_out)];
        let function = cloud.function_of("part", part, &settings)?;
        cloud.rather_in_python(function, &PART_IN_PYTHON)?.send().await?;
    }
    let payments = cloud.queue("payments").await?;
    let payer = cloud.rather_in_python(cloud.function("payer", &[])?, &PAYER_IN_PYTHON)?;
    cloud.work(payer, "payer", &payments).await?;
    let definition = MACHINE.replace("${Payments}", &payments.url).replace("${Topic}", topic);
    let create = cloud.states.create_state_machine().name("trip").definition(definition).role_arn(ROLE);
    Ok(create.send().await?.state_machine_arn)
}

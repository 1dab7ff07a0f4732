//! Settings of tables and indexes that change nothing of what items do here: throughput, class, encryption. They are checked,
//! kept and shown.

use api_dynamodb as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use wire::{Fault, Timestamp};

use crate::errors;
use crate::index::declare::Asked;

/// What AWS keeps warm for what is billed by request.
const WARM_ON_DEMAND: (i64, i64) = (12_000, 4_000);

/// The key that AWS keeps for an account's tables.
const AWS_KEY: &str = "alias/aws/dynamodb";

/// Settings of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The most that a table billed by request may consume.
    #[serde(default)]
    pub(crate) on_demand: Option<Units>,
    #[serde(default)]
    pub(crate) warm: Option<Units>,
    /// Another class than the standard one, and since when there is one.
    #[serde(default)]
    pub(crate) class: Option<(String, i64)>,
    /// The key of the key service, as its ARN.
    #[serde(default)]
    pub(crate) encryption_key: Option<String>,
    /// Since when it is billed by request, if that is not since it was made.
    #[serde(default)]
    pub(crate) on_demand_since_ms: Option<i64>,
    /// When the provisioned units last rose, and fell.
    #[serde(default)]
    pub(crate) increased_ms: Option<i64>,
    #[serde(default)]
    pub(crate) decreased_ms: Option<i64>,
}

/// Units of reads and of writes, where they are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Units {
    pub(crate) read: Option<i64>,
    pub(crate) write: Option<i64>,
}

impl Units {
    /// With what these others give.
    pub(crate) fn with(self, other: Units) -> Self {
        Units { read: other.read.or(self.read), write: other.write.or(self.write) }
    }

    /// What is to be kept warm, which never gets less.
    pub(crate) fn warmer(
        current: Option<Units>,
        provisioned: Option<(i64, i64)>,
        asked: &api::WarmThroughput,
        whose: &str,
    ) -> Result<Self, Fault> {
        let (read, write) = warm(current, provisioned);
        let asked = Units::from(asked);
        for (kind, asked, current) in [("Read", asked.read, read), ("Write", asked.write, write)] {
            if asked.is_some_and(|asked| asked < current) {
                return Err(errors::invalid_values(format_args!(
                    "Requested {kind}UnitsPerSecond for WarmThroughput for {whose} is lower than current WarmThroughput, \
                     decreasing WarmThroughput is not supported"
                )));
            }
        }
        Ok(current.unwrap_or_default().with(asked))
    }
}

/// Refuses to provision what is provisioned already, for the table or an index (`whose`).
pub(crate) fn check_throughput_changes(
    current: Option<(i64, i64)>,
    wanted: (i64, i64),
    whose: &str,
) -> Result<(), Fault> {
    if current != Some(wanted) {
        return Ok(());
    }
    let title = if whose.starts_with("index") { format!("the {whose}") } else { whose.to_owned() };
    let (read, write) = wanted;
    Err(errors::invalid(format!(
        "The provisioned throughput for {title} will not change. The requested value equals the current value. Current \
         ReadCapacityUnits provisioned for {whose}: {read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits \
         provisioned for {whose}: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB Developer Guide \
         for current limits and how to request higher limits."
    )))
}

impl From<&api::OnDemandThroughput> for Units {
    fn from(units: &api::OnDemandThroughput) -> Self {
        Units { read: units.max_read_request_units, write: units.max_write_request_units }
    }
}

impl From<Units> for api::OnDemandThroughput {
    fn from(units: Units) -> Self {
        // -1, which takes a limit away, is shown as none.
        let shown = |units: Option<i64>| units.or(Some(-1));
        api::OnDemandThroughput {
            max_read_request_units: shown(units.read),
            max_write_request_units: shown(units.write),
        }
    }
}

impl From<&api::WarmThroughput> for Units {
    fn from(units: &api::WarmThroughput) -> Self {
        Units { read: units.read_units_per_second, write: units.write_units_per_second }
    }
}

/// How a table is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Billing {
    OnDemand,
    Provisioned,
}

impl Billing {
    /// By what is provisioned.
    pub(crate) fn of(provisioned: Option<(i64, i64)>) -> Self {
        if provisioned.is_some() { Billing::Provisioned } else { Billing::OnDemand }
    }

    /// Refuses the throughput of a global index that does not fit the table.
    pub(crate) fn check_index(self, index: &Asked<'_>) -> Result<(), Fault> {
        let name = index.name;
        match self {
            Billing::OnDemand if index.throughput.is_some() => Err(errors::invalid_values(format_args!(
                "ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            ))),
            Billing::Provisioned if index.throughput.is_none() => Err(errors::invalid_values(format_args!(
                "ProvisionedThroughput is not specified for index: {name}"
            ))),
            _ => match index.on_demand {
                Some(units) => self.check_on_demand(units, &format!(" for index: {name}")),
                None => Ok(()),
            },
        }
    }

    /// Refuses limits of requests where there is no billing by request. `of` says whose they are, where not the table's.
    pub(crate) fn check_on_demand(self, units: &api::OnDemandThroughput, of: &str) -> Result<(), Fault> {
        let given = [("Read", units.max_read_request_units), ("Write", units.max_write_request_units)];
        for (kind, units) in given {
            let Some(units) = units else { continue };
            if self == Billing::Provisioned {
                return Err(errors::invalid_values(format_args!(
                    "Max{kind}RequestUnits for OnDemandThroughput{of} cannot be specified when table BillingMode is PROVISIONED."
                )));
            }
            if units < 1 && units != -1 {
                return Err(errors::invalid_values(format_args!(
                    "Requested Max{kind}RequestUnits for OnDemandThroughput{of} is outside of valid range"
                )));
            }
        }
        Ok(())
    }
}

/// Provisioned units, as they are shown.
pub(crate) fn throughput(provisioned: Option<(i64, i64)>) -> api::ProvisionedThroughputDescription {
    let (read, write) = provisioned.unwrap_or_default();
    api::ProvisionedThroughputDescription {
        number_of_decreases_today: Some(0),
        read_capacity_units: Some(read),
        write_capacity_units: Some(write),
        ..api::ProvisionedThroughputDescription::default()
    }
}

/// What is kept warm.
pub(crate) fn warm(asked: Option<Units>, provisioned: Option<(i64, i64)>) -> (i64, i64) {
    let (read, write) = provisioned.unwrap_or(WARM_ON_DEMAND);
    let asked = asked.unwrap_or_default();
    (asked.read.unwrap_or_default().max(read), asked.write.unwrap_or_default().max(write))
}

/// Whose a table's key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Managed {
    /// The service's own, which nobody sees.
    Service,
    /// The one that AWS keeps for the account.
    Aws,
    /// One of the user's.
    User,
}

impl Settings {
    /// Whose the key is.
    pub(crate) fn managed(&self) -> Managed {
        match &self.encryption_key {
            None => Managed::Service,
            Some(key) if key.ends_with(AWS_KEY) => Managed::Aws,
            Some(_) => Managed::User,
        }
    }

    /// Takes the kind of encryption of a replica in another region, but for a user's key, which is in one region only.
    pub(crate) fn encrypt_like(&mut self, scope: &Scope, other: &Settings) {
        match other.managed() {
            Managed::Service => self.encryption_key = None,
            Managed::Aws => {
                self.encryption_key = Some(names::Arn::in_scope("kms", scope, AWS_KEY).to_string())
            }
            Managed::User => {}
        }
    }

    /// Takes an encryption setting: the key by its ARN, its id or its alias; without one the key that AWS manages.
    pub(crate) fn encrypt(&mut self, scope: &Scope, asked: &api::SseSpecification) -> Result<(), Fault> {
        let key = asked.kms_master_key_id.as_deref();
        if asked.enabled != Some(true) {
            if key.is_some() || asked.sse_type.is_some() {
                return Err(errors::invalid_values(
                    "SSEType and KMSMasterKeyId cannot be specified when Enabled is false",
                ));
            }
            self.encryption_key = None;
            return Ok(());
        }
        if asked.sse_type.as_ref().is_some_and(|kind| kind.as_str() != "KMS") {
            return Err(errors::invalid_values("SSEType AES256 is not supported"));
        }
        let resource = match key.unwrap_or(AWS_KEY) {
            arn if arn.starts_with("arn:") => {
                self.encryption_key = Some(arn.to_owned());
                return Ok(());
            }
            alias if alias.starts_with("alias/") => alias.to_owned(),
            id => format!("key/{id}"),
        };
        self.encryption_key = Some(names::Arn::in_scope("kms", scope, resource).to_string());
        Ok(())
    }

    /// Takes a class.
    pub(crate) fn classify(&mut self, class: &api::TableClass, now_ms: i64) {
        self.class = Some((class.to_string(), now_ms));
    }

    /// The class, as it is shown.
    pub(crate) fn class_summary(&self) -> Option<api::TableClassSummary> {
        self.class.as_ref().map(|(class, since_ms)| api::TableClassSummary {
            table_class: Some(class.as_str().into()),
            last_update_date_time: Some(Timestamp(*since_ms)),
        })
    }

    /// Adds them to a description.
    pub(crate) fn show(&self, shown: &mut api::TableDescription, provisioned: Option<(i64, i64)>) {
        shown.on_demand_throughput = self.on_demand.map(Into::into);
        let (read, write) = warm(self.warm, provisioned);
        shown.warm_throughput = Some(api::TableWarmThroughputDescription {
            read_units_per_second: Some(read),
            write_units_per_second: Some(write),
            status: Some("ACTIVE".into()),
        });
        shown.table_class_summary = self.class_summary();
        shown.sse_description = self.encryption_key.as_ref().map(|key| api::SseDescription {
            status: Some("ENABLED".into()),
            sse_type: Some("KMS".into()),
            kms_master_key_arn: Some(key.clone()),
            ..api::SseDescription::default()
        });
        if let Some(units) = &mut shown.provisioned_throughput {
            units.last_increase_date_time = self.increased_ms.map(Timestamp);
            units.last_decrease_date_time = self.decreased_ms.map(Timestamp);
        }
    }
}

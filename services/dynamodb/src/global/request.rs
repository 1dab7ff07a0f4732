//! ReplicaUpdates: what a request asks for, as far as it can be told without the table.

use api_dynamodb as api;
use names::{Region, Scope};
use wire::Fault;

use crate::errors;

/// The regions of AWS, which have global tables.
const REGIONS: &[&str] = &[
    "ap-south-2",
    "ap-south-1",
    "eu-south-1",
    "eu-south-2",
    "me-central-1",
    "il-central-1",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "eu-north-1",
    "eu-west-3",
    "eu-west-2",
    "eu-west-1",
    "ap-northeast-3",
    "ap-northeast-2",
    "ap-northeast-1",
    "me-south-1",
    "sa-east-1",
    "ap-east-1",
    "ap-east-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "mx-central-1",
    "us-east-1",
    "us-east-2",
    "cn-north-1",
    "cn-northwest-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

/// What is to become of a replica.
#[derive(Clone, Copy)]
pub(super) enum Action<'a> {
    Create(Region, &'a api::CreateReplicationGroupMemberAction),
    Update(Region, &'a api::UpdateReplicationGroupMemberAction),
    Delete(Region),
}

impl<'a> Action<'a> {
    /// The actions of a request on a table of that scope: one alone, where it makes a replica or deletes one.
    pub(super) fn read_all(
        scope: &Scope,
        updates: &'a [api::ReplicationGroupUpdate],
    ) -> Result<Vec<Self>, Fault> {
        let mut all: Vec<Self> = Vec::with_capacity(updates.len());
        for update in updates {
            let action = Self::read(scope, update)?;
            let kind = std::mem::discriminant(&action);
            if all.iter().any(|other| std::mem::discriminant(other) != kind) {
                return Err(mixed());
            }
            // To ask for the same twice is to ask for it once.
            if !all.iter().any(|other| other.region() == action.region()) {
                all.push(action);
            }
        }
        if all.len() > 1 && !matches!(all[0], Action::Update(..)) {
            return Err(errors::invalid(
                "Update table operation with more than one create or delete replica actions not allowed",
            ));
        }
        Ok(all)
    }

    fn read(scope: &Scope, update: &'a api::ReplicationGroupUpdate) -> Result<Self, Fault> {
        let action = match (&update.create, &update.update, &update.delete) {
            (Some(create), None, None) => Action::Create(region(scope, &create.region_name)?, create),
            (None, Some(update), None) if changes_something(update) => {
                Action::Update(region(scope, &update.region_name)?, update)
            }
            (None, None, Some(delete)) => Action::Delete(region(scope, &delete.region_name)?),
            (None, _, None) => {
                return Err(errors::invalid(
                    "There are no actions specified in the Replica Update Action of the request.",
                ));
            }
            _ => return Err(mixed()),
        };
        if action.region() == scope.region {
            return Err(errors::invalid(
                "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable \
                 as required.",
            ));
        }
        Ok(action)
    }

    pub(super) fn region(&self) -> Region {
        match self {
            Action::Create(region, _) | Action::Update(region, _) | Action::Delete(region) => *region,
        }
    }
}

fn mixed() -> Fault {
    errors::invalid("Update table operation with more than one type of replica actions not allowed")
}

fn changes_something(update: &api::UpdateReplicationGroupMemberAction) -> bool {
    let changes = |index: &api::ReplicaGlobalSecondaryIndex| {
        index.provisioned_throughput_override.is_some() || index.on_demand_throughput_override.is_some()
    };
    update.kms_master_key_id.is_some()
        || update.provisioned_throughput_override.is_some()
        || update.on_demand_throughput_override.is_some()
        || update.table_class_override.is_some()
        || update.global_secondary_indexes.iter().flatten().any(changes)
}

/// The region of that name, if a table of that scope can have a replica there.
fn region(scope: &Scope, name: &str) -> Result<Region, Fault> {
    let partition = scope.region.partition();
    let is_supported = |region: &Region| region.partition() == partition;
    let known = REGIONS.iter().filter_map(|name| name.parse().ok()).filter(is_supported);
    let known: Vec<Region> = known.collect();
    let found = known.iter().find(|region| region.as_str() == name).copied();
    found.ok_or_else(|| {
        let known = known.iter().map(Region::as_str).collect::<Vec<_>>().join(", ");
        errors::invalid(format!(
            "Region {name} is not supported. The latest version of global tables are only supported in the following \
             regions: [{known}]"
        ))
    })
}

#[cfg(test)]
mod tests {
    use names::Account;

    use super::*;

    fn create(region: &str) -> api::ReplicationGroupUpdate {
        let create = api::CreateReplicationGroupMemberAction {
            region_name: region.into(),
            ..api::CreateReplicationGroupMemberAction::default()
        };
        api::ReplicationGroupUpdate { create: Some(create), ..api::ReplicationGroupUpdate::default() }
    }

    fn delete(region: &str) -> api::ReplicationGroupUpdate {
        let delete = api::DeleteReplicationGroupMemberAction { region_name: region.into() };
        api::ReplicationGroupUpdate { delete: Some(delete), ..api::ReplicationGroupUpdate::default() }
    }

    fn update(table_class: Option<api::TableClass>) -> api::ReplicationGroupUpdate {
        let update = api::UpdateReplicationGroupMemberAction {
            region_name: "eu-west-1".into(),
            table_class_override: table_class,
            ..api::UpdateReplicationGroupMemberAction::default()
        };
        api::ReplicationGroupUpdate { update: Some(update), ..api::ReplicationGroupUpdate::default() }
    }

    fn read(updates: &[api::ReplicationGroupUpdate]) -> Result<usize, String> {
        let scope = Scope::new(Account::ZERO, Region::US_EAST_1);
        Action::read_all(&scope, updates).map(|actions| actions.len()).map_err(|fault| fault.message)
    }

    #[test]
    fn one_replica_is_made_or_deleted_at_a_time() {
        assert_eq!(read(&[create("eu-west-1")]), Ok(1));
        assert_eq!(read(&[create("eu-west-1"), create("eu-west-1")]), Ok(1));
        let several =
            "Update table operation with more than one create or delete replica actions not allowed";
        assert_eq!(read(&[create("eu-west-1"), create("eu-west-2")]), Err(several.into()));
        assert_eq!(read(&[delete("eu-west-1"), delete("eu-west-2")]), Err(several.into()));
        let mixed = Err(super::mixed().message);
        assert_eq!(read(&[create("eu-west-1"), delete("eu-west-2")]), mixed);
        let both = api::ReplicationGroupUpdate { delete: delete("eu-west-2").delete, ..create("eu-west-1") };
        assert_eq!(read(&[both]), mixed);
    }

    #[test]
    fn what_changes_nothing_is_refused() {
        let nothing =
            Err("There are no actions specified in the Replica Update Action of the request.".into());
        assert_eq!(read(&[api::ReplicationGroupUpdate::default()]), nothing);
        assert_eq!(read(&[update(None)]), nothing);
        assert_eq!(read(&[update(Some("STANDARD".into()))]), Ok(1));
    }

    #[test]
    fn a_replica_is_in_another_region_of_the_partition() {
        assert!(
            read(&[create("us-east-1")]).unwrap_err().starts_with("Cannot add or delete the local region")
        );
        for region in ["us-fake-1", "EU-WEST-1", "", "cn-north-1"] {
            let message = read(&[create(region)]).unwrap_err();
            assert!(message.starts_with(&format!("Region {region} is not supported. ")), "{message}");
        }
    }
}

//! IAM: users with their access keys, roles, and the policies of both, kept as documents.
//!
//! Documents are checked here and decide elsewhere: a role's trust policy decides in STS; what identities may do is not
//! decided yet.
//!
//! Never here: groups, instance profiles, identity providers, MFA and permissions boundaries, which are refused by name.

mod access_keys;
mod attachments;
mod document;
mod errors;
mod identity;
mod inline;
mod keys;
mod managed;
mod page;
mod policies;
mod roles;
mod tags;
mod users;

use api_iam as api;
use names::{Arn, Partition, Scope};
use service::Service;

/// The service.
#[must_use]
pub fn service() -> Service {
    let service = Service::new(&api::FACTS)
        .transaction::<api::CreateUser>(users::create, |scope, input| user(scope, &input.user_name))
        .read::<api::GetUser>(users::get, |scope, input| some_user(scope, input.user_name.as_deref()))
        .read::<api::ListUsers>(users::list, |_, _| Vec::new())
        .transaction::<api::UpdateUser>(users::update, |scope, input| user(scope, &input.user_name))
        .transaction::<api::DeleteUser>(users::delete, |scope, input| user(scope, &input.user_name))
        .transaction::<api::CreateAccessKey>(access_keys::create, |scope, input| {
            some_user(scope, input.user_name.as_deref())
        })
        .read::<api::ListAccessKeys>(access_keys::list, |scope, input| {
            some_user(scope, input.user_name.as_deref())
        })
        .transaction::<api::UpdateAccessKey>(access_keys::update, |scope, input| {
            some_user(scope, input.user_name.as_deref())
        })
        .transaction::<api::DeleteAccessKey>(access_keys::delete, |scope, input| {
            some_user(scope, input.user_name.as_deref())
        })
        .transaction::<api::CreateRole>(roles::create, |scope, input| role(scope, &input.role_name))
        .read::<api::GetRole>(roles::get, |scope, input| role(scope, &input.role_name))
        .read::<api::ListRoles>(roles::list, |_, _| Vec::new())
        .transaction::<api::UpdateRole>(roles::update, |scope, input| role(scope, &input.role_name))
        .transaction::<api::UpdateAssumeRolePolicy>(roles::update_trust, |scope, input| {
            role(scope, &input.role_name)
        })
        .transaction::<api::DeleteRole>(roles::delete, |scope, input| role(scope, &input.role_name));
    with_tags(with_managed(with_inline(service)))
}

fn with_inline(service: Service) -> Service {
    service
        .transaction::<api::PutRolePolicy>(inline::put_of_role, |scope, input| role(scope, &input.role_name))
        .read::<api::GetRolePolicy>(inline::get_of_role, |scope, input| role(scope, &input.role_name))
        .transaction::<api::DeleteRolePolicy>(inline::delete_of_role, |scope, input| {
            role(scope, &input.role_name)
        })
        .read::<api::ListRolePolicies>(inline::list_of_role, |scope, input| role(scope, &input.role_name))
        .transaction::<api::PutUserPolicy>(inline::put_of_user, |scope, input| user(scope, &input.user_name))
        .read::<api::GetUserPolicy>(inline::get_of_user, |scope, input| user(scope, &input.user_name))
        .transaction::<api::DeleteUserPolicy>(inline::delete_of_user, |scope, input| {
            user(scope, &input.user_name)
        })
        .read::<api::ListUserPolicies>(inline::list_of_user, |scope, input| user(scope, &input.user_name))
}

fn with_managed(service: Service) -> Service {
    service
        .transaction::<api::CreatePolicy>(policies::create, |scope, input| {
            vec![Arn::global(
                "iam",
                Partition::Aws,
                &scope.account,
                format_args!("policy/{}", input.policy_name),
            )]
        })
        .read::<api::GetPolicy>(policies::get, |_, input| at(&input.policy_arn))
        .read::<api::ListPolicies>(policies::list, |_, _| Vec::new())
        .transaction::<api::DeletePolicy>(policies::delete, |_, input| at(&input.policy_arn))
        .transaction::<api::CreatePolicyVersion>(policies::create_version, |_, input| at(&input.policy_arn))
        .read::<api::GetPolicyVersion>(policies::get_version, |_, input| at(&input.policy_arn))
        .read::<api::ListPolicyVersions>(policies::list_versions, |_, input| at(&input.policy_arn))
        .transaction::<api::DeletePolicyVersion>(policies::delete_version, |_, input| at(&input.policy_arn))
        .transaction::<api::SetDefaultPolicyVersion>(policies::set_default, |_, input| at(&input.policy_arn))
        .transaction::<api::AttachRolePolicy>(attachments::attach_to_role, |scope, input| {
            role(scope, &input.role_name)
        })
        .transaction::<api::DetachRolePolicy>(attachments::detach_from_role, |scope, input| {
            role(scope, &input.role_name)
        })
        .read::<api::ListAttachedRolePolicies>(attachments::list_of_role, |scope, input| {
            role(scope, &input.role_name)
        })
        .transaction::<api::AttachUserPolicy>(attachments::attach_to_user, |scope, input| {
            user(scope, &input.user_name)
        })
        .transaction::<api::DetachUserPolicy>(attachments::detach_from_user, |scope, input| {
            user(scope, &input.user_name)
        })
        .read::<api::ListAttachedUserPolicies>(attachments::list_of_user, |scope, input| {
            user(scope, &input.user_name)
        })
}

fn with_tags(service: Service) -> Service {
    service
        .transaction::<api::TagRole>(tags::tag_role, |scope, input| role(scope, &input.role_name))
        .transaction::<api::UntagRole>(tags::untag_role, |scope, input| role(scope, &input.role_name))
        .read::<api::ListRoleTags>(tags::list_of_role, |scope, input| role(scope, &input.role_name))
        .transaction::<api::TagUser>(tags::tag_user, |scope, input| user(scope, &input.user_name))
        .transaction::<api::UntagUser>(tags::untag_user, |scope, input| user(scope, &input.user_name))
        .read::<api::ListUserTags>(tags::list_of_user, |scope, input| user(scope, &input.user_name))
}

/// The user of that name, as a resource. Its path is known only to its record.
fn user(scope: &Scope, name: &str) -> Vec<Arn> {
    vec![Arn::global("iam", Partition::Aws, &scope.account, format_args!("user/{name}"))]
}

/// The user of that name, as a resource; none for the caller.
fn some_user(scope: &Scope, name: Option<&str>) -> Vec<Arn> {
    name.map(|name| user(scope, name)).unwrap_or_default()
}

/// The role of that name, as a resource. Its path is known only to its record.
fn role(scope: &Scope, name: &str) -> Vec<Arn> {
    vec![Arn::global("iam", Partition::Aws, &scope.account, format_args!("role/{name}"))]
}

fn at(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}

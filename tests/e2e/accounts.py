"""An enforcing cloud with a user in each of two accounts, for tests of policies of resources."""

OWN, OTHER = "000000000000", "111122223333"


class Accounts:
    """The cloud, and clients of `service`: the root user's, and those of a user in the own and in the other account."""

    def __init__(self, make_cloud, service):
        cloud = make_cloud().start()
        keys = {}
        for account in (OWN, OTHER):
            iam = cloud.client("iam", account)
            iam.create_user(UserName="ada")
            keys[account] = iam.create_access_key(UserName="ada")["AccessKey"]
        cloud.stop()
        cloud.flags = ("--auth", "enforce")
        self.cloud = cloud.start()
        self.root = cloud.client(service, *cloud.root_key())
        self.own, self.other = (
            cloud.client(service, keys[account]["AccessKeyId"], keys[account]["SecretAccessKey"])
            for account in (OWN, OTHER)
        )


def denial(account, action, resource, why):
    """The sentence that refuses it."""
    user = f"arn:aws:iam::{account}:user/ada"
    return f"User: {user} is not authorized to perform: {action} on resource: {resource} {why}"

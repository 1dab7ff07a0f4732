"""An enforcing cloud with a user in each of two accounts, for tests of policies of resources."""

OWN, OTHER = "000000000000", "111122223333"


class Accounts:
    """The cloud, and clients of `service`: the root user's, and those of a user in the own and in the other account."""

    def __init__(self, make_cloud, service):
        cloud = make_cloud().start()
        keys = self.keys = {}
        for account in (OWN, OTHER):
            iam = cloud.client("iam", account)
            iam.create_user(UserName="ada")
            keys[account] = iam.create_access_key(UserName="ada")["AccessKey"]
        cloud.stop()
        cloud.flags = ("--auth", "enforce")
        self.cloud = cloud.start()
        self.root = cloud.client(service, *cloud.root_key())
        self.own, self.other = (self.client(service, account) for account in (OWN, OTHER))

    def client(self, service, account, **config):
        """A client of another service, for the user of that account."""
        key = self.keys[account]
        return self.cloud.client(service, key["AccessKeyId"], key["SecretAccessKey"], **config)


def denial(account, action, resource, why):
    """The sentence that refuses it."""
    user = f"arn:aws:iam::{account}:user/ada"
    return f"User: {user} is not authorized to perform: {action} on resource: {resource} {why}"

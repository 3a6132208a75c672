import Documents
import ProviderKit

/// What the marketplace's scan of an image looks for: section KG of the table, as far as the image answers it.
enum KooGallery {
    static let rules: [Rule] = [
        Rule(
            "huaweicloud.koogallery.no-preset-password", "KG-3", .error,
            "No account has a password, not even a hashed one.",
            why: "The marketplace's scan refuses images that anyone who knows the password can enter.",
            fix: "Lock the passwords: passwd -l.", source: Page.scan, applies: .marketplace,
            .allOf([.noPasswords, .cloudInitPasswords])),
        Rule(
            "huaweicloud.koogallery.no-preset-account", "KG-3", .error,
            "No account of a person's, and none with root's number, is in the image.",
            why: "The marketplace's scan refuses accounts that were made in advance.",
            fix: "Remove the account: userdel -r.", source: Page.scan, applies: .marketplace,
            .allOf([.noPersonalAccounts, .noOtherRoots])),
        Rule(
            "huaweicloud.koogallery.no-preset-key", "KG-3", .error,
            "No private key, token or password file is in the image.",
            why: "The marketplace's scan refuses keys that every buyer would have.",
            fix: "Remove the file, and replace what it opened.", source: Page.scan, applies: .marketplace,
            .noSecrets),
        Rule(
            "huaweicloud.koogallery.no-host-keys", "KG-3", .error, "No host key of sshd is in the image.",
            why: "All servers have the same one, and whoever has the image can pose as any of them.",
            fix: "Remove /etc/ssh/ssh_host_*.", source: Page.scan, applies: .marketplace, .noHostKeys),
        Rule(
            "huaweicloud.koogallery.password-policy", "KG-4", .error,
            "A new password must have at least 8 characters, of at least two kinds.",
            why: "The marketplace's scan asks for a policy that is in force.",
            fix:
                "Set minlen = 8 and minclass = 2 in /etc/security/pwquality.conf, and pam_pwquality in PAM's stack of passwords.",
            source: Page.scan, applies: .marketplace, .passwordQuality(length: 8, classes: 2)),
    ]
}

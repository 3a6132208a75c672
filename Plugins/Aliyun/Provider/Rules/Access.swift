import Documents
import ProviderKit

extension AliyunRules {
    /// Accounts, and what lets in that nobody meant to leave.
    static let access: [Rule] = [
        Rule(
            "aliyun.ecs.root-account", "AL-36", .error, "There is root, and passwd to give it a password.",
            why: "The password of a new machine is root's, set at first boot.",
            fix: "Keep the account root, and install passwd.", source: Page.compliance,
            .allOf([.rootAccount, .passwordProgram])),
        Rule(
            "aliyun.ecs.shadow", "AL-36", .error, "/etc/shadow is root's, with usual permissions, and can be changed.",
            why: "A file that can't be changed makes the creation of machines fail.",
            fix: "Give /etc/shadow to root with mode 0640 or less, and take chattr's +i away.",
            source: Page.compliance, .shadowFile),
        Rule(
            "aliyun.ecs.no-passwords", "AL-37", .warning, marketplace: .error, "No account has a password.",
            why: "Every machine would have it, and whoever has the image can guess it at leisure.",
            fix: "Put * for each password in /etc/shadow; cloud-init sets new ones.", source: Page.credentials,
            .allOf([.noPasswords, .noEmptyPasswords, .cloudInitPasswords])),
        Rule(
            "aliyun.ecs.no-stock-passwords", "AL-37", .error, "No password is one that was published with an image.",
            why: "Everybody knows it, and tries it on every machine.",
            fix: "Lock root's password, and remove that of the boot menu.", source: Page.credentials,
            .allOf([.noStockRootPassword, .noStockBootPassword])),
        Rule(
            "aliyun.ecs.no-authorized-keys", "AL-37", .warning, marketplace: .error, "No key lets anybody in.",
            why: "Its owner gets into every machine that is made of the image.",
            fix: "Remove authorized_keys; the key that a user chooses is put in at first boot.",
            source: Page.credentials, .noAuthorizedKeys),
        Rule(
            "aliyun.ecs.no-histories", "AL-37", .warning, marketplace: .error, "No history of a shell is in the image.",
            why: "Passwords and addresses are found in such files.",
            fix: "Remove .bash_history and its like.", source: Page.credentials, .noShellHistory),
        Rule(
            "aliyun.market.no-secrets", "MK-05", .error, "No private key, token or password file is in the image.",
            why: "The security audit refuses an image with credentials inside.",
            fix: "Remove the files, and revoke what was in them.", source: Page.review, applies: .marketplace,
            .noSecrets),
    ]
}

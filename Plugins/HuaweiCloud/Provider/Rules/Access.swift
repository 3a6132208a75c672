import Documents
import ProviderKit

/// Who can log in, and what is left of others: section SEC of the table.
enum Access {
    static let rules: [Rule] = [
        Rule(
            "huaweicloud.ims.no-authorized-keys", "HW-SEC-1, KG-3", .error, "No account has an authorized key.",
            why: "Whoever has its other half can enter every server.",
            fix: "Empty authorized_keys in every home.", source: Page.logs, .noAuthorizedKeys),
        Rule(
            "huaweicloud.ims.no-logs", "HW-SEC-2", .warning, "The logs are empty.",
            why: "They tell every user about the machine that the image was made on.",
            fix: "Empty the files below /var/log, and keep the folders that services need.", source: Page.logs,
            .noLogs),
        Rule(
            "huaweicloud.ims.no-shell-history", "HW-SEC-2", .warning, "No shell's history is in the image.",
            why: "It may hold passwords and keys that were typed.", fix: "Empty the history files.",
            source: Page.logs, .noShellHistory),
        Rule(
            "huaweicloud.ims.no-empty-password", "HW-SEC-3", .error, "No account can log in with an empty password.",
            why: "Anybody could enter the server before its owner does.", fix: "Lock the password: passwd -l.",
            source: Page.file, .noEmptyPasswords),
        Rule(
            "huaweicloud.ims.ssh-password", "HW-SEC-4", .warning, "sshd takes no passwords.",
            why: "The vendor advises keys and an ordinary account for logins by SSH; PAM asks for a password as well.",
            fix: "Set PasswordAuthentication no and KbdInteractiveAuthentication no.", source: Page.access,
            .allOf([
                .sshd("passwordauthentication", .exactly("no")), .sshd("kbdinteractiveauthentication", .exactly("no")),
            ])),
        Rule(
            "huaweicloud.ims.cloud-init-root", "HW-SEC-4", .warning, "cloud-init keeps root's account closed.",
            why: "With disable_root: false everybody who logs in is root.",
            fix: "Set disable_root: true in /etc/cloud/cloud.cfg.d.", source: Page.access,
            applies: .when(.cloudInit()), .cloudInitSetting("disable_root", .noneOf(["false", "no", "0"]))),
        Rule(
            "huaweicloud.ims.administrator", "HW-SEC-4", .warning, "Who logs in can become root.",
            why: "With root's account closed nobody could administer the server otherwise.",
            fix: "Give cloud-init's default user a rule of sudo.", source: Page.access,
            applies: .when(.cloudInit()), .administrator),
    ]
}

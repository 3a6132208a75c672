import Documents
import ProviderKit

/// Who can log in, and with what: mostly the marketplace's own list.
enum Access {
    static let rules: [Rule] = [
        Rule(
            "aws.ami.ssh-password", "MP-07", .error, "sshd takes no passwords.",
            why: "The marketplace refuses images that can be entered with one.",
            fix: "Set PasswordAuthentication no.", source: Page.product, applies: .marketplace,
            .sshd("passwordauthentication", .exactly("no"))),
        Rule(
            "aws.ami.ssh-keyboard-interactive", "MP-07", .error, "sshd asks nothing at the keyboard.",
            why: "It is another way to log in with a password, through PAM.",
            fix: "Set KbdInteractiveAuthentication no.", source: Page.product, applies: .marketplace,
            .sshd("kbdinteractiveauthentication", .exactly("no"))),
        Rule(
            "aws.ami.cloud-init-password", "MP-07", .error, "cloud-init does not turn passwords on for sshd.",
            why: "With ssh_pwauth it changes sshd's configuration at the first boot.",
            fix: "Set ssh_pwauth: false in /etc/cloud/cloud.cfg.d.", source: Page.product,
            applies: .when(.cloudInit(), marketplaceOnly: true),
            .cloudInitSetting("ssh_pwauth", .noneOf(["true", "yes", "1"]))),
        Rule(
            "aws.ami.root-password-login", "MP-08", .error, "Root can't log in with a password from elsewhere.",
            why: "The marketplace asks for it, and the name of that account is known to everybody.",
            fix: "Set PermitRootLogin no or prohibit-password.", source: Page.product, applies: .marketplace,
            .sshd(
                "permitrootlogin",
                .oneOf(["no", "prohibit-password", "without-password", "forced-commands-only"]))),
        Rule(
            "aws.ami.cloud-init-root", "MP-08", .warning, "cloud-init keeps root's account closed.",
            why: "With disable_root: false the key pair is put to root too.",
            fix: "Set disable_root: true in /etc/cloud/cloud.cfg.d.", source: Page.practices,
            applies: .when(.cloudInit(), marketplaceOnly: true),
            .cloudInitSetting("disable_root", .noneOf(["false", "no", "0"]))),
        Rule(
            "aws.ami.no-stock-password", "MP-08, MP-09", .error,
            "Root has no password that was published with an image.",
            why: "A fixed root password is known quickly, and everybody tries it on every instance.",
            fix: "Lock root's password: passwd -l root.", source: Page.shared, .noStockRootPassword),
        Rule(
            "aws.ami.no-preset-password", "MP-09", .error, "No account has a password, not even a hashed one.",
            why: "The marketplace refuses images that anyone who knows the password can enter.",
            fix: "Lock the passwords: passwd -l.", source: Page.product, applies: .marketplace,
            .allOf([.noPasswords, .cloudInitPasswords])),
        Rule(
            "aws.ami.no-empty-password", "MP-10", .error, "No account can log in with an empty password.",
            why: "The marketplace refuses blank passwords.", fix: "Lock the password: passwd -l.",
            source: Page.product, applies: .marketplace, .noEmptyPasswords),
        Rule(
            "aws.ami.ssh-empty-password", "MP-10", .error, "sshd takes no empty passwords.",
            why: "The marketplace refuses blank passwords.", fix: "Set PermitEmptyPasswords no.",
            source: Page.product, applies: .marketplace, .sshd("permitemptypasswords", .exactly("no"))),
        Rule(
            "aws.ami.no-authorized-keys", "MP-11", .error, "No account has an authorized key.",
            why: "Whoever has its other half can enter every instance.",
            fix: "Remove authorized_keys from every home.", source: Page.product, applies: .marketplace,
            .noAuthorizedKeys),
        Rule(
            "aws.ami.administrator", "MP-14", .error, "Who logs in can become root.",
            why: "The marketplace asks that buyers administer the system.",
            fix: "Give cloud-init's default user a rule of sudo.", source: Page.product, applies: .marketplace,
            .administrator),
        Rule(
            "aws.ami.user-name", "MP-14", .info, "The default user is ec2-user.",
            why: "Users and the scanner expect that name where the product names no other.",
            fix: "Set system_info.default_user.name to ec2-user, or name yours with the product.",
            source: Page.practices, applies: .when(.cloudInit(), marketplaceOnly: true),
            .cloudInitSetting("system_info.default_user.name", .exactly("ec2-user"))),
        Rule(
            "aws.ami.sshd-enabled", "MP-15", .error, "sshd starts at boot.",
            why: "The marketplace's scanner logs in by SSH.", fix: "Enable sshd.", source: Page.product,
            applies: .marketplace,
            .unitEnabled(anyOf: ["sshd.service", "ssh.service", "sshd.socket", "ssh.socket"])),
        Rule(
            "aws.ami.sshd-port", "MP-15", .warning, "sshd listens on port 22.",
            why: "The scanner tries port 22 unless the product names another one.",
            fix: "Set Port 22, or declare the port as the version's ScanningPort.", source: Page.product,
            applies: .marketplace, .sshd("port", .exactly("22"))),
        Rule(
            "aws.ami.firewall", "MP-15", .error, "No firewall of the system's own turns SSH away.",
            why: "The marketplace's scanner comes from 10.0.0.0/16 and 10.2.0.0/16, and gives up if nothing answers.",
            fix: "Let the service ssh through, or disable the firewall, since security groups are one.",
            source: Page.product, applies: .marketplace, .firewallOpens(anyOf: ["ssh", "22/tcp", "22"])),
        Rule(
            "aws.ami.no-personal-accounts", "MP-22", .warning,
            "No account of a person's, and none with root's number, is in the image.",
            why: "Sellers may have no access to their buyers' instances.",
            fix: "Remove the account: userdel -r.", source: Page.product, applies: .marketplace,
            .allOf([.noPersonalAccounts, .noOtherRoots])),
    ]
}

import Documents
import ProviderKit

/// What may not be in an image that others launch, and what must not be too old.
enum Contents {
    static let rules: [Rule] = [
        Rule(
            "aws.ami.no-secrets", "MP-12", .warning, marketplace: .error,
            "No private key, token or password file is in the image.",
            why: "Everybody who may launch the image can read it.",
            fix: "Remove the file, and replace what it opened.", source: Page.shared, .noSecrets),
        Rule(
            "aws.ami.no-shell-history", "MP-12", .warning, marketplace: .error, "No shell's history is in the image.",
            why: "It may hold passwords and keys that were typed.", fix: "Remove the history files.",
            source: Page.shared, .noShellHistory),
        Rule(
            "aws.ami.no-host-keys", "MP-13", .warning, marketplace: .error, "No host key of sshd is in the image.",
            why: "All instances have the same one, and whoever has the image can pose as any of them.",
            fix: "Remove /etc/ssh/ssh_host_*.", source: Page.shared, .noHostKeys),
        Rule(
            "aws.ami.host-key-generation", "MP-13", .error, "Host keys of sshd are made at the first boot.",
            why: "sshd does not start without one.", fix: "Install cloud-init, or enable the unit sshd-keygen.",
            source: Page.shared, applies: .marketplace,
            .anyOf([
                .cloudInit(),
                .unitEnabled(anyOf: ["sshd-keygen.target", "sshd-keygen.service", "sshd-keygen@ed25519.service"]),
            ])),
        Rule(
            "aws.ami.supported-release", "MP-17", .error, "The release gets security updates.",
            why: "The marketplace takes no system whose support has ended.",
            fix: "Build the image of a release that is supported.", source: Page.product, applies: .marketplace,
            .supportedRelease(ends: Check.endsOfSupport)),
        Rule(
            "aws.ami.region-agnostic", "MP-20", .warning, "No repository is at an address of one region.",
            why: "The image is copied to all regions, where that address is far or out of reach.",
            fix: "Use an address that is the same everywhere.", source: Page.product, applies: .marketplace,
            .repositoriesWithout(["amazonaws.com", ".ec2.archive.ubuntu.com", ".ec2.ports.ubuntu.com"])),
        Rule(
            "aws.ami.no-stock-boot-password", "MP-23", .warning,
            "The boot loader has no password that was published with an image.",
            why: "A password that everybody knows protects nothing, and keeps the buyer from choosing one.",
            fix: "Remove the password from the loader's configuration.", source: Page.product,
            applies: .marketplace, .noStockBootPassword),
    ]
}

import Documents
import ProviderKit

extension AliyunRules {
    /// The system and its programs.
    static let system: [Rule] = [
        Rule(
            "aliyun.ecs.system-disk", "AL-01", .error, "The image is a whole system disk, with its root.",
            why: "The image check names an empty disk or an installer, and no machine starts from it.",
            fix: "Take the whole disk that the system was installed on.", source: Page.detection, .systemDisk),
        Rule(
            "aliyun.ecs.system", "AL-39", .warning,
            "The system is one that the vendor knows by name, or openEuler, which goes in as Others Linux.",
            why: "A system that is not recognised is not set up.",
            fix: "Keep /etc/os-release and /etc/issue as the distribution made them.", source: Page.instructions,
            .system(in: [
                "openEuler", "alinux", "anolis", "centos", "ubuntu", "coreos", "suse", "sles", "debian", "opensuse",
                "opensuse-leap", "rhel", "kylin", "uos", "fedora", "almalinux", "rocky", "gentoo",
            ])),
        Rule(
            "aliyun.ecs.selinux", "AL-35", .warning, "SELinux is off.",
            why: "What the service changes from outside has no labels, and an enforcing system may not start.",
            fix: "Set SELINUX=disabled in /etc/selinux/config.", source: Page.detection, .selinux(in: ["disabled"])),
        Rule(
            "aliyun.ecs.no-absolute-links", "AL-38", .error, "/lib and /lib64 are no absolute links.",
            why: "What looks into the image from outside would follow them into its own system.",
            fix: "Make them relative links: usr/lib, usr/lib64.", source: Page.compliance,
            .noAbsoluteLinks(["/lib", "/lib64"])),
        Rule(
            "aliyun.ecs.no-guest-agent", "AL-40", .warning, "QEMU's guest agent is not installed.",
            why: "It takes the place of services that the vendor's own need.",
            fix: "Remove qemu-guest-agent.", source: Page.instructions, .noPackages(["qemu-guest-agent"])),
        Rule(
            "aliyun.ecs.clock-utc", "AL-41", .warning, "The hardware clock is kept in UTC.",
            why: "The machine's clock is in UTC, and the time is hours off until it is synchronised.",
            fix: "Remove /etc/adjtime, or put UTC in its third line.", source: Page.detection,
            applies: .on(.amd64, .riscv64, .loongarch64), .clockUTC),
        Rule(
            "aliyun.ecs.arm-clock-utc", "AL-41", .error, "The hardware clock is kept in UTC on 64-bit ARM.",
            why: "The import demands it for this architecture.",
            fix: "Remove /etc/adjtime, or put UTC in its third line.", source: Page.importCall, applies: .on(.arm64),
            .clockUTC),
    ]
}

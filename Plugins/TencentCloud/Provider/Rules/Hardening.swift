import Documents
import ProviderKit

extension TencentRules {
    /// What the marketplace's review advises and does not demand. Some of it is a matter of taste, or runs against what other
    /// vendors want, so a build leaves that alone.
    static let hardening: [Rule] = [
        Rule(
            "tencentcloud.market.password-age", "TM-14", .info,
            "A new password lasts 90 days at most, and its end is told 7 days before.",
            why: "It is the review's advice: PASS_MAX_DAYS 90, PASS_WARN_AGE 7.",
            fix: "Set PASS_MAX_DAYS to 90 and PASS_WARN_AGE to 7 in /etc/login.defs.", source: Page.security,
            applies: .marketplace,
            .allOf([
                .setting("PASS_MAX_DAYS", in: "/etc/login.defs", .atMost(90)),
                .setting("PASS_WARN_AGE", in: "/etc/login.defs", .atLeast(7)),
            ])),
        Rule(
            "tencentcloud.market.password-length", "TM-14", .info, "A new password has 8 characters at least.",
            why: "It is the review's advice.",
            fix: "Set PASS_MIN_LEN in /etc/login.defs, or minlen in /etc/security/pwquality.conf, to 8.",
            source: Page.security, applies: .marketplace,
            .anyOf([
                .setting("PASS_MIN_LEN", in: "/etc/login.defs", .atLeast(8)), .passwordQuality(length: 8, classes: 0),
            ])),
        Rule(
            "tencentcloud.market.login-lock", "TM-14", .info,
            "An account is locked for 5 minutes after 10 wrong passwords at most.",
            why: "It is the review's advice against guessing.",
            fix: "Set deny = 10 and unlock_time = 300 in /etc/security/faillock.conf.", source: Page.security,
            applies: .marketplace,
            .allOf([
                .setting("deny", in: "/etc/security/faillock.conf", .atMost(10)),
                .setting("unlock_time", in: "/etc/security/faillock.conf", .atLeast(300)),
            ])),
        Rule(
            "tencentcloud.market.ssh-keys", "TM-14", .info, "sshd lets in by key, and by no password.",
            why: "The review advises keys for servers that matter.",
            fix: "Set PasswordAuthentication no.", source: Page.security, applies: .marketplace,
            .allOf([.sshd("PubkeyAuthentication", in: ["yes"]), .sshd("PasswordAuthentication", in: ["no"])])),
        Rule(
            "tencentcloud.market.ssh-port", "TM-14", .info, "sshd listens on another port than 22.",
            why: "It is the review's advice; other vendors want 22.",
            fix: "Set Port to another number, if the image is for this marketplace alone.", source: Page.security,
            applies: .marketplace, .sshd("Port", .noneOf(["22"])),
            remediations: [.byHand("set Port, if the image is for this marketplace alone")]),
        Rule(
            "tencentcloud.market.ssh-idle", "TM-14", .info, "sshd ends a session that is idle for 10 to 15 minutes.",
            why: "It is the review's advice: ClientAliveInterval of 600 to 900 s.",
            fix: "Set ClientAliveInterval to 600.", source: Page.security, applies: .marketplace,
            .allOf([.sshd("ClientAliveInterval", .atLeast(600)), .sshd("ClientAliveInterval", .atMost(900))]),
            remediations: [.sshdSet("ClientAliveInterval", "600")]),
        Rule(
            "tencentcloud.market.ssh-empty-passwords", "TM-14", .info, "sshd refuses empty passwords.",
            why: "An account without password would be open to everybody.",
            fix: "Set PermitEmptyPasswords no.", source: Page.security, applies: .marketplace,
            .sshd("PermitEmptyPasswords", in: ["no"])),
        Rule(
            "tencentcloud.market.set-id", "TM-14", .info, "Programs that need no rights of root's have no set-id bit.",
            why: "The review lists chage, gpasswd, wall, chfn, chsh, newgrp, write and others as dangerous.",
            fix: "Take the bit away (chmod a-s) where your users can do without.", source: Page.security,
            applies: .marketplace,
            .allOf(
                [
                    "/usr/bin/chage", "/usr/bin/gpasswd", "/usr/bin/wall", "/usr/bin/chfn", "/usr/bin/chsh",
                    "/usr/bin/newgrp", "/usr/bin/write", "/usr/sbin/usernetctl", "/usr/sbin/traceroute",
                    "/usr/sbin/netreport",
                ].map { .anyOf([.fileMode($0, atMost: 0o755), .noFiles([$0])]) }),
            remediations: [.byHand("take the set-id bits away, where your users can do without")]),
    ]
}

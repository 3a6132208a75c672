// Services, the system itself, what one machine's life leaves behind, and what the marketplaces add.

extension Mutation {
    private static func starts(_ unit: String) -> Edit {
        .link("\(CleanImage.wants)/\(unit)", to: "\(CleanImage.units)/\(unit)")
    }

    static let services = [
        Mutation("a firewall that lets SSH in", starts("firewalld.service"), aliyun: "firewall"),
        Mutation(
            "a firewall that turns SSH away", starts("firewalld.service"),
            .replace("/usr/lib/firewalld/zones/public.xml", "  <service name=\"ssh\"/>\n", with: ""),
            aws: "firewall!", aliyun: "firewall"),
        Mutation("a database is open", starts("mariadb.service"), tencent: "market.open-ports!"),
        Mutation("a database for this machine", starts("redis.service"), tencent: "market.local-ports"),
        Mutation("nothing writes the log", .remove("\(CleanImage.wants)/rsyslog.service"), tencent: "market.logging"),
    ]

    private static func release(_ old: String, _ new: String) -> Edit { .replace("/etc/os-release", old, with: new) }

    static let system = [
        Mutation(
            "a release whose support has ended", release("LTS-SP3", "LTS-SP2"), aws: "supported-release!",
            tencent: "market.supported-release!"),
        Mutation(
            "a system that nobody knows", release("ID=\"openEuler\"", "ID=\"mylinux\""), aws: "supported-release!~",
            tencent: "system market.supported-release!~", aliyun: "system"),
        Mutation(
            "SELinux enforces", .replace("/etc/selinux/config", "SELINUX=disabled", with: "SELINUX=enforcing"),
            aliyun: "selinux"),
        Mutation(
            "SELinux warns", .replace("/etc/selinux/config", "SELINUX=disabled", with: "SELINUX=permissive"),
            aliyun: "selinux"),
        Mutation(
            "a repository of one region",
            .write(
                "/etc/yum.repos.d/region.repo",
                "[region]\nname=R\nbaseurl=https://repo.eu-west-1.amazonaws.com/os/\nenabled=1\n"),
            aws: "region-agnostic"),
        Mutation(
            "VMware's tools", .packages(added: ["open-vm-tools": "12.3.5-1"]), huawei: "no-guest-tools",
            tencent: "no-guest-tools!"),
        Mutation(
            "Xen's tools without a package", .write("/usr/sbin/xe-daemon", "", mode: 0o755), tencent: "no-guest-tools!"),
        Mutation("QEMU's agent", .packages(added: ["qemu-guest-agent": "8.2.0-1"]), aliyun: "no-guest-agent"),
        Mutation(
            "a configuration for one graphics card", .write("/etc/X11/xorg.conf", "Section \"Device\"\n"),
            tencent: "no-display-configuration"),
        Mutation("the clock is in local time", .write("/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n"), aliyun: "clock-utc"),
        Mutation("/lib leads elsewhere", .link("/lib", to: "/usr/lib"), aliyun: "no-absolute-links!"),
        Mutation("no init", .remove("/usr/sbin/init"), tencent: "system-disk!", aliyun: "system-disk!"),
    ]

    static let leftovers = [
        Mutation(
            "a machine's id", .write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"), aws: "machine-id",
            local: "machine-id"),
        Mutation(
            "a machine's id for D-Bus", .write("/var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n"),
            aws: "machine-id", local: "machine-id"),
        Mutation(
            "a random seed", .write("/var/lib/systemd/random-seed", String(repeating: "x", count: 512)),
            aws: "no-random-seed", local: "no-random-seed"),
        Mutation(
            "a log", .write("/var/log/messages", "Nov 29 03:00:00 builder kernel: started\n"), aws: "no-logs",
            huawei: "no-logs", tencent: "market.no-logs"),
        Mutation(
            "a log of logins", .write("/var/log/wtmp", String(repeating: "x", count: 384)), aws: "no-logs",
            huawei: "no-logs", tencent: "market.no-logs"),
        Mutation(
            "a journal", .write("/var/log/journal/0123456789abcdef0123456789abcdef/system.journal", "LPKSHHRH"),
            aws: "no-logs", huawei: "no-logs", tencent: "market.no-logs"),
        Mutation(
            "root's history", .write("/root/.bash_history", "mysql -pword\n", mode: 0o600), aws: "no-shell-history^",
            huawei: "no-shell-history", tencent: "market.no-logs", aliyun: "no-histories^"),
        Mutation(
            "a history in a home that is no account's", .write("/home/ann/.zsh_history", "ls\n", mode: 0o600),
            aws: "no-shell-history^", huawei: "no-shell-history", tencent: "market.no-logs", aliyun: "no-histories^"),
        Mutation("cached packages", .write("/var/cache/dnf/OS/packages/a.rpm", "rpm"), tencent: "market.no-logs"),
        Mutation("a temporary file", .write("/var/tmp/build.sh", "true\n"), tencent: "market.no-logs"),
    ]

    static let secrets = [
        secret("a key of root's", "/root/.ssh/id_ed25519", openssh),
        secret("a key of a server's", "/etc/pki/tls/private/server.key", pem),
        secret(
            "keys of one cloud", "/root/.aws/credentials",
            "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n"),
        secret("keys of another cloud", "/opt/app/config.ini", "id = LTAI4GExampleKeyAbCdEf12\n"),
        secret(
            "a login of a registry's", "/root/.docker/config.json",
            "{\"auths\":{\"r.io\":{\n\"auth\": \"dXNlcjpwYXNzd29yZA==\"\n}}}\n"),
        secret("a login for downloads", "/root/.netrc", "machine example.org login ann password s3cr3t-word\n"),
        secret("a login for git", "/root/.git-credentials", "https://ann:s3cr3t@example.org\n"),
        secret(
            "a wireless network's word", "/etc/NetworkManager/system-connections/home.nmconnection",
            "[connection]\nid=home\ntype=wifi\n[wifi-security]\npsk=s3cr3t-word\n"),
        secret("an installer's answers", "/root/anaconda-ks.cfg", "lang en_US\nrootpw --iscrypted $6$abc$def\n"),
    ]

    private static func secret(_ name: String, _ path: String, _ text: String) -> Mutation {
        // The folder of keys has a rule of its own.
        let folder: Edit = path.hasPrefix("/root/.ssh/") ? .folder("/root/.ssh", mode: 0o700) : .debugfs("cd /")
        return Mutation(
            name, .write(path, text, mode: 0o600), folder, aws: "no-secrets^", huawei: "koogallery.no-preset-key!",
            tencent: "market.no-secrets!", aliyun: "market.no-secrets!", local: "no-secrets")
    }

    /// Made for this, and never used.
    private static let openssh = """
        -----BEGIN OPENSSH PRIVATE KEY-----
        b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
        QyNTUxOQAAACAqR52bJ8lXlsTh1806ub1Maxyk7ELFUauLz+6FibuVbAAAAJgAAAAAAAAA
        -----END OPENSSH PRIVATE KEY-----

        """
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIGZvciB0ZXN0cyBvbmx5LCBhbmQgbm9ib2R5J3Mga2V5
        -----END PRIVATE KEY-----

        """

    static let hardening = [
        Mutation("everybody writes to /etc", .mode("/etc/hosts", 0o666), tencent: "market.file-modes!"),
        Mutation("everybody writes a program", .mode("/usr/bin/growpart", 0o777), tencent: "market.file-modes!"),
        Mutation("everybody writes to a folder", .folder("/etc/app", mode: 0o777), tencent: "market.file-modes!"),
        Mutation(
            "a program with rights that it does not need", .write("/usr/bin/chage", "", mode: 0o4755),
            tencent: "market.set-id?"),
        Mutation(
            "passwords that last", defs("PASS_MAX_DAYS 90", "PASS_MAX_DAYS 99999"), tencent: "market.password-age?"),
        Mutation("passwords that end without a word", defs("PASS_WARN_AGE 7\n", ""), tencent: "market.password-age?"),
        Mutation(
            "short passwords", defs("PASS_MIN_LEN 8", "PASS_MIN_LEN 5"),
            .replace("/etc/security/pwquality.conf", "minlen = 8", with: "minlen = 6"),
            huawei: "koogallery.password-policy!", tencent: "market.password-length?"),
        Mutation(
            "passwords of one kind of letters",
            .replace("/etc/security/pwquality.conf", "minclass = 3", with: "minclass = 1"),
            huawei: "koogallery.password-policy!"),
        Mutation(
            "nothing tests passwords",
            .replace(
                "/etc/pam.d/system-auth", "password requisite pam_pwquality.so try_first_pass local_users_only\n",
                with: ""),
            huawei: "koogallery.password-policy!"),
        Mutation(
            "guessing goes on", .replace("/etc/security/faillock.conf", "deny = 5", with: "deny = 50"),
            tencent: "market.login-lock?"),
        Mutation(
            "guessing goes on after a second",
            .replace("/etc/security/faillock.conf", "unlock_time = 600", with: "unlock_time = 1"),
            tencent: "market.login-lock?"),
    ]

    private static func defs(_ old: String, _ new: String) -> Edit { .replace("/etc/login.defs", old, with: new) }

    /// Rules that none of these breaks, and why.
    static let neverBroken: [String: String] = [
        "aws.ami.disk-format": "every format that is read is taken",
        "huaweicloud.ims.disk-format": "every format that is read is taken",
        "aws.ami.disk-size": "a disk of more than 64 TiB is not read at all",
        "aws.ami.serial-console-arm64": "of images for ARM",
        "huaweicloud.ims.serial-console-arm64": "of images for ARM",
        "aliyun.ecs.arm-clock-utc": "of images for ARM",
        "aliyun.ecs.cloud-assistant": "the clean image breaks it",
        "aliyun.ecs.security-agent": "the clean image breaks it",
        "tencentcloud.market.ssh-port": "the clean image breaks it",
    ]
}

// Accounts, what lets them in, and what sshd says to it.

extension Mutation {
    private static func shadow(_ old: String, _ new: String) -> Edit { .replace("/etc/shadow", old, with: new) }
    private static let hash = "$6$salt.salt$" + String(repeating: "abcdEF12", count: 10) + "abcdEF"
    private static let stock =
        "$6$o4rTi3d/.hh6JUYC$ClnCxd2mAQHlt0UloC4ystQg0CiuSVyhXz0sP1mDCNCgWV0rBwegwJ/bCWfjN4WxbahDa7F9U3c6/vFaNgsvX/"

    static let passwords = [
        Mutation(
            "root has a password", shadow("root:*:", "root:\(hash):"), aws: "no-preset-password!",
            huawei: "koogallery.no-preset-password!", tencent: "market.no-passwords!", aliyun: "no-passwords^"),
        Mutation(
            "root has a password behind a lock", shadow("root:*:", "root:!\(hash):"), aws: "no-preset-password!",
            huawei: "koogallery.no-preset-password!", tencent: "market.no-passwords!", aliyun: "no-passwords^"),
        Mutation(
            "a service has a password", shadow("daemon:*:", "daemon:\(hash):"), aws: "no-preset-password!",
            huawei: "koogallery.no-preset-password!", tencent: "market.no-passwords!", aliyun: "no-passwords^"),
        Mutation(
            "root has the password that is published", shadow("root:*:", "root:\(stock):"),
            aws: "no-preset-password! no-stock-password!", huawei: "koogallery.no-preset-password!",
            tencent: "market.no-passwords!",
            aliyun: "no-passwords^ no-stock-passwords!", local: "no-published-password!"),
        Mutation(
            "root has an empty password", shadow("root:*:", "root::"), aws: "no-preset-password! no-empty-password!",
            huawei: "koogallery.no-preset-password! no-empty-password!", tencent: "market.no-passwords!",
            aliyun: "no-passwords^", local: "no-empty-password"),
        Mutation(
            "a service has an empty password", shadow("daemon:*:", "daemon::"),
            aws: "no-preset-password! no-empty-password!",
            huawei: "koogallery.no-preset-password! no-empty-password!", tencent: "market.no-passwords!",
            aliyun: "no-passwords^", local: "no-empty-password"),
        Mutation(
            "cloud-init would set a password", cloud("password: word\nchpasswd: { expire: false }\n"),
            aws: "no-preset-password!", huawei: "koogallery.no-preset-password!", tencent: "market.no-passwords!",
            aliyun: "no-passwords^"),
        Mutation(
            "cloud-init would give its user a password",
            cloud("users:\n  - name: admin\n    passwd: \(hash)\n  - default\n"),
            aws: "no-preset-password!", huawei: "koogallery.no-preset-password!", tencent: "market.no-passwords!",
            aliyun: "no-passwords^"),
        Mutation(
            "new passwords are hashed with MD5",
            .replace("/etc/pam.d/system-auth", "pam_unix.so sha512", with: "pam_unix.so md5"), aliyun: "password-hash?"),
        Mutation("everybody reads the hashes", .mode("/etc/shadow", 0o644), tencent: "shadow!", aliyun: "shadow!"),
        Mutation("a service owns the hashes", .owner("/etc/shadow", 1), tencent: "shadow!", aliyun: "shadow!"),
        Mutation(
            "nobody can change the hashes", .debugfs("sif /etc/shadow flags 0x80010"), tencent: "shadow!",
            aliyun: "shadow!"),
    ]

    private static func cloud(_ text: String) -> Edit { .write("/etc/cloud/cloud.cfg.d/95_test.cfg", text) }
    private static func passwd(_ old: String, _ new: String) -> Edit { .replace("/etc/passwd", old, with: new) }

    static let accounts = [
        Mutation(
            "another root", .append("/etc/passwd", "toor:x:0:0::/root:/bin/bash\n"),
            .append("/etc/shadow", "toor:*:19700:0:99999:7:::\n"), aws: "no-personal-accounts",
            huawei: "koogallery.no-preset-account!", local: "one-root"),
        Mutation(
            "a person's account", .append("/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n"),
            .append("/etc/shadow", "ann:!:19700:0:99999:7:::\n"), aws: "no-personal-accounts",
            huawei: "koogallery.no-preset-account!"),
        Mutation("no root", passwd("root:x:0:0:root", "admin:x:0:0:root"), aliyun: "root-account!", local: "one-root"),
        Mutation("root has another number", passwd("root:x:0:0:", "root:x:7:0:"), aliyun: "root-account!"),
        Mutation("no passwd", .remove("/usr/bin/passwd"), aliyun: "root-account!"),
        Mutation("no sudo", .remove("/usr/bin/sudo"), aws: "administrator!", huawei: "administrator"),
        Mutation(
            "cloud-init's user may nothing",
            .replace("/etc/cloud/cloud.cfg", "    sudo: [\"ALL=(ALL) NOPASSWD:ALL\"]\n", with: ""),
            aws: "administrator!", huawei: "administrator"),
    ]

    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKpHnZsnyVeWxOHXzTq5vUxrHKTsQsVRq4vP7oWJuX1s a@b\n"

    static let keys = [
        Mutation(
            "a key for root", .write("/root/.ssh/authorized_keys", key, mode: 0o600),
            .folder("/root/.ssh", mode: 0o700), aws: "no-authorized-keys!", huawei: "no-authorized-keys!",
            aliyun: "no-authorized-keys^", local: "no-authorized-keys"),
        Mutation(
            "a key for a service", passwd("daemon:x:1:1:daemon:/usr/sbin", "daemon:x:1:1:daemon:/srv/daemon"),
            .write("/srv/daemon/.ssh/authorized_keys", key, mode: 0o600), aws: "no-authorized-keys!",
            huawei: "no-authorized-keys!", aliyun: "no-authorized-keys^", local: "no-authorized-keys"),
        Mutation(
            "a key with options for root",
            .write("/root/.ssh/authorized_keys", "from=\"10.0.0.0/8\",no-pty \(key)", mode: 0o600),
            .folder("/root/.ssh", mode: 0o700), aws: "no-authorized-keys!", huawei: "no-authorized-keys!",
            aliyun: "no-authorized-keys^", local: "no-authorized-keys"),
        Mutation("everybody looks into root's keys", .folder("/root/.ssh", mode: 0o755), tencent: "market.key-folder!"),
        Mutation(
            "a host key", .write("/etc/ssh/ssh_host_ed25519_key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", mode: 0o600),
            aws: "no-host-keys^", huawei: "koogallery.no-host-keys!", aliyun: "host-keys^", local: "no-host-keys"),
        Mutation(
            "a host key where sshd is told", sshd("UsePAM yes", "UsePAM yes\nHostKey /etc/keys/host"),
            .write("/etc/keys/host", "-----BEGIN OPENSSH PRIVATE KEY-----\n", mode: 0o600), aws: "no-host-keys^",
            huawei: "koogallery.no-host-keys!", aliyun: "host-keys^", local: "no-host-keys"),
    ]

    private static func sshd(_ old: String, _ new: String) -> Edit {
        .replace("/etc/ssh/sshd_config", old, with: new)
    }
    private static let config = "/etc/ssh/sshd_config"

    static let sshd = [
        Mutation(
            "sshd takes passwords", sshd("PasswordAuthentication no", "PasswordAuthentication yes"),
            aws: "ssh-password!", huawei: "ssh-password", tencent: "market.ssh-keys?"),
        Mutation(
            "sshd takes passwords since nothing says otherwise", sshd("PasswordAuthentication no\n", ""),
            aws: "ssh-password!", huawei: "ssh-password", tencent: "market.ssh-keys?"),
        Mutation(
            "a file that is read before lets passwords in",
            .write("/etc/ssh/sshd_config.d/40-cloud.conf", "passwordauthentication=yes\n", mode: 0o600),
            aws: "ssh-password!", huawei: "ssh-password", tencent: "market.ssh-keys?"),
        Mutation(
            "some may use passwords", .append(config, "Match User deploy\n  PasswordAuthentication yes\n"),
            aws: "ssh-password!", huawei: "ssh-password", tencent: "market.ssh-keys?"),
        Mutation(
            "sshd asks at the keyboard", sshd("KbdInteractiveAuthentication no", "ChallengeResponseAuthentication yes"),
            aws: "ssh-keyboard-interactive!", huawei: "ssh-password"),
        Mutation(
            "root may use a password", sshd("PermitRootLogin prohibit-password", "PermitRootLogin yes"),
            aws: "root-password-login!"),
        Mutation(
            "root is kept out", sshd("PermitRootLogin prohibit-password", "PermitRootLogin no"), aliyun: "root-login"),
        Mutation(
            "sshd takes empty passwords", sshd("PermitEmptyPasswords no", "PermitEmptyPasswords yes"),
            aws: "ssh-empty-password!", tencent: "market.ssh-empty-passwords?"),
        Mutation(
            "sshd takes no keys", sshd("PubkeyAuthentication yes", "PubkeyAuthentication no"),
            aws: "key-login!", tencent: "market.ssh-keys?"),
        Mutation("sshd listens elsewhere", sshd("Port 22", "Port 2222"), aws: "sshd-port", aliyun: "ssh-port"),
        Mutation(
            "idle sessions stay", sshd("ClientAliveInterval 600\n", ""), tencent: "market.ssh-idle?"),
        Mutation(
            "idle sessions end at once", sshd("ClientAliveInterval 600", "ClientAliveInterval 60"),
            tencent: "market.ssh-idle?"),
        Mutation(
            "sshd refuses its configuration", .append(config, "NoSuchKeyword yes\n"), aws: "key-login!",
            aliyun: "sshd!"),
        Mutation(
            "sshd does not start", .remove("\(CleanImage.wants)/sshd.service"), aws: "sshd-enabled!", aliyun: "sshd!"),
        Mutation(
            "sshd is masked", .link("/etc/systemd/system/sshd.service", to: "/dev/null"), aws: "sshd-enabled!",
            aliyun: "sshd!"),
    ]
}

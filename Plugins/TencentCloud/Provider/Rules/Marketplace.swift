import Documents
import ProviderKit

extension TencentRules {
    /// What the security review of the marketplace refuses. Its reports, scans and tests on instances can't be seen in an image.
    static let marketplace: [Rule] = [
        Rule(
            "tencentcloud.market.supported-release", "TM-3", .error, "The release is still maintained.",
            why: "Systems without updates are refused, and listed images are scanned again.",
            fix: "Build the image on a release that is maintained.", source: Page.security, applies: .marketplace,
            .supportedRelease(ends: Check.endsOfSupport)),
        Rule(
            "tencentcloud.market.open-ports", "TM-6", .error,
            "No service that listens to everybody on a risky port starts at boot.",
            why:
                "Ports 513, 3306, 1433, 1434, 137, 139, 445, 873, 2375, 5984, 6379, 8080, 9200, 11211, 27017, 27018, 50070, 50030 are to be closed by default.",
            fix: "Disable the service; its user starts it once it is set up.", source: Page.security,
            applies: .marketplace,
            .allOf([
                .unitsDisabled([
                    "rlogin.socket", "rsh.socket", "rexec.socket", "telnet.socket", "mysqld.service", "mysql.service",
                    "mariadb.service", "mssql-server.service", "smb.service", "smbd.service", "nmb.service",
                    "nmbd.service",
                    "rsyncd.service", "rsyncd.socket", "docker-tcp.socket", "tomcat.service", "tomcat9.service",
                    "tomcat10.service", "hadoop-hdfs-namenode.service", "hadoop-0.20-mapreduce-jobtracker.service",
                ]),
                .portsClosed([
                    513, 3306, 1433, 1434, 137, 139, 445, 873, 2375, 5984, 6379, 8080, 9200, 11211, 27017, 27018, 50070,
                    50030,
                ]),
            ])),
        Rule(
            "tencentcloud.market.local-ports", "TM-6", .warning,
            "No service with a risky port starts at boot, even if it only listens to its own machine.",
            why: "One line of configuration opens it to everybody: 5984, 6379, 9200, 11211, 27017.",
            fix: "Disable the service; its user starts it once it is set up.", source: Page.security,
            applies: .marketplace,
            .unitsDisabled([
                "couchdb.service", "redis.service", "redis-server.service", "elasticsearch.service",
                "memcached.service",
                "mongod.service", "mongodb.service",
            ])),
        Rule(
            "tencentcloud.market.file-modes", "TM-7", .error,
            "Nothing outside of /tmp can be written by everybody.",
            why: "Mode 0777 outside of /tmp is refused.",
            fix: "Take the right to write from everybody (chmod o-w).", source: Page.security, applies: .marketplace,
            .noWorldWritable(under: ["/"])),
        Rule(
            "tencentcloud.market.key-folder", "TM-7", .error, "Only root may look into root's ~/.ssh.",
            why: "The review looks at the permissions of /etc, /bin and ~/.ssh.",
            fix: "Set the mode of /root/.ssh to 0700.", source: Page.security,
            applies: .marketplace,
            .anyOf([.fileMode("/root/.ssh", atMost: 0o700), .noFiles(["/root/.ssh"])]),
            remediations: [.fileChmod("/root/.ssh", mode: 0o700)]),
        Rule(
            "tencentcloud.market.logging", "TM-8", .warning, "The system's log is written.",
            why: "The review looks for syslog, dmesg, wtmp, btmp and the log of sudo.",
            fix: "Enable rsyslog.", source: Page.security, applies: .marketplace,
            .unitEnabled(anyOf: ["rsyslog.service", "syslog-ng.service", "systemd-journald.service"])),
        Rule(
            "tencentcloud.market.no-passwords", "TM-9", .error, "No account has a password.",
            why: "Passwords may not be built in: each machine gets its own, at random, when it first starts.",
            fix: "Put * for each password in /etc/shadow; cloud-init sets new ones.", source: Page.security,
            applies: .marketplace, .allOf([.noPasswords, .noEmptyPasswords, .cloudInitPasswords])),
        Rule(
            "tencentcloud.market.no-boot-password", "TM-9", .error,
            "The boot loader has no password that was published with an image.",
            why: "Passwords may not be built in, and this one everybody knows.",
            fix: "Remove the password from the boot loader's configuration.", source: Page.security,
            applies: .marketplace, .noStockBootPassword),
        Rule(
            "tencentcloud.market.no-secrets", "TM-9", .error, "No private key, token or password file is in the image.",
            why: "Whoever buys the image would have them.",
            fix: "Remove the files, and revoke what was in them.", source: Page.security, applies: .marketplace,
            .noSecrets),
        Rule(
            "tencentcloud.market.no-logs", "TM-13", .warning,
            "Logs, histories and caches of the image's making are cleaned away.",
            why: "The buyer is to get a clean system, and logs tell of who made it.",
            fix: "Empty /var/log and package caches, and remove histories of shells.", source: Page.product,
            applies: .marketplace, .allOf([.noLogs, .noShellHistory, .noPackageCaches, .noTemporaryFiles])),
    ]
}

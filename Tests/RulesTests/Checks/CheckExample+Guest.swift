import Documents
import ProviderKit

extension CheckExample {
    private static func hash(_ isStock: Bool = false) -> Password {
        Password(state: .hash, kind: "$6$", isStock: isStock)
    }

    private static func blindPassword(_ image: inout SoundImage) {
        guard var users = image.facts.accounts?.users.value else { return }
        users[0].password = .cutOff
        image.facts.accounts?.users = .known(users)
    }

    static let accounts = [
        CheckExample(.noPasswords, broken: { $0.password(hash()) }, blind: blindPassword),
        CheckExample(.noEmptyPasswords, broken: { $0.password(Password(state: .empty)) }, blind: blindPassword),
        CheckExample(.noStockRootPassword, broken: { $0.password(hash(true)) }, blind: blindPassword),
        CheckExample(.rootLocked, broken: { $0.password(hash()) }, blind: blindPassword),
        CheckExample(
            .rootAccount, broken: { $0.facts.accounts?.users = .known([]) },
            blind: { $0.facts.accounts?.users = .cutOff }),
        CheckExample(
            .noOtherRoots, broken: { $0.hasAccount("toor", 0) }, blind: { $0.facts.accounts?.users = .cutOff }),
        CheckExample(
            .noPersonalAccounts, broken: { $0.hasAccount("ann", 1000) }, blind: { $0.facts.accounts?.users = .cutOff }),
        CheckExample(
            .noAuthorizedKeys, broken: { $0.lets(in: "ann") }, blind: { $0.facts.accounts?.authorizedKeys = .cutOff }),
        CheckExample(
            .administrator, broken: { $0.facts.cloudInit?.users = .known([]) },
            blind: { $0.facts.sudo?.program = .cutOff }),
        CheckExample(
            .shadowFile,
            broken: {
                $0.facts.accounts?.shadowFile = .known(
                    FileMode(permissions: 0o644, user: 0, group: 0, isImmutable: .known(false)))
            }, blind: { $0.facts.accounts?.shadowFile = .cutOff }),
        CheckExample(
            .passwordProgram, broken: { $0.facts.accounts?.passwdProgram = .absent() },
            blind: { $0.facts.accounts?.passwdProgram = .cutOff }),
        CheckExample(
            .passwordQuality(length: 8, classes: 2), broken: { $0.facts.accounts?.policy.minimumLength = .known(6) },
            blind: { $0.facts.accounts?.policy.minimumClasses = .cutOff }),
        CheckExample(
            .passwordHash(in: ["SHA512"]), broken: { $0.facts.accounts?.policy.hashMethod = .known("MD5") },
            blind: { $0.facts.accounts?.policy.hashMethod = .cutOff }),
        CheckExample(
            .sshd("PasswordAuthentication", in: ["no"]), broken: { $0.sshd("PasswordAuthentication", "yes") },
            blind: { $0.facts.ssh?.settings["passwordauthentication"] = .cutOff }),
        CheckExample(
            .sshdConfiguration,
            broken: { $0.facts.ssh?.refused = .known([Evidence("/etc/ssh/sshd_config", line: 3)]) },
            blind: { $0.facts.ssh?.refused = .cutOff }),
        CheckExample(
            .sshdKeyLogin, broken: { $0.sshd("PubkeyAuthentication", "no") },
            blind: { $0.facts.ssh?.settings["pubkeyauthentication"] = .cutOff }),
    ]

    static let programs = [
        CheckExample(
            .unitEnabled(anyOf: ["sshd.service"]), broken: { $0.starts(not: "sshd.service") },
            blind: { $0.facts.services?.units = .cutOff }),
        CheckExample(
            .unitsEnabled(allOf: ["sshd.service", "chronyd.service"]), broken: { $0.starts(not: "chronyd.service") },
            blind: { $0.facts.services?.units = .cutOff }),
        CheckExample(
            .unitsDisabled(["mariadb.service"]), broken: { $0.starts("mariadb.service") },
            blind: { $0.facts.services?.units = .cutOff }),
        CheckExample(
            .portsClosed([8080]),
            broken: { image in
                image.units {
                    var web = unit("web.socket", starts: true)
                    web.listens = ["8080"]
                    $0.append(web)
                }
            }, blind: { $0.facts.services?.units = .cutOff }),
        CheckExample(
            .unitOrdered("cloud-init-local.service", before: ["NetworkManager.service"]),
            broken: { $0.files.texts["/usr/lib/systemd/system/cloud-init-local.service"] = "[Unit]\n" },
            blind: { $0.facts.services?.units = .cutOff }),
        CheckExample(
            .package(anyOf: ["kernel"]), broken: { $0.facts.packages?.packages = .known([]) },
            blind: { $0.facts.packages?.packages = .cutOff }),
        CheckExample(
            .noPackages(["open-vm-tools*"]), broken: { $0.installs("open-vm-tools-desktop") },
            blind: { $0.facts.packages?.packages = .cutOff }),
    ]

    static let cloudInit = [
        CheckExample(
            .cloudInit(from: "19.1.3"), broken: { $0.facts.cloudInit?.version = .known("18.5") },
            blind: { $0.facts.cloudInit?.version = .cutOff }),
        CheckExample(
            .cloudInitSetting("disable_root", .noneOf(["false"])),
            broken: { $0.facts.cloudInit?.disableRoot = .known(false) },
            blind: { $0.facts.cloudInit?.disableRoot = .cutOff }),
        CheckExample(
            .cloudInitSource(anyOf: ["Ec2"]),
            broken: { $0.facts.cloudInit?.datasources = .known(["OpenStack", "None"]) },
            blind: { $0.facts.cloudInit?.datasources = .cutOff }),
        CheckExample(
            .cloudInitClean, broken: { $0.facts.secrets?.instanceData = leftovers("/var/lib/cloud/instances/i-1") },
            blind: { $0.facts.secrets?.instanceData = .cutOff }),
        CheckExample(
            .noCloudInitSeeds, broken: { $0.facts.cloudInit?.seeds = .known(["/var/lib/cloud/seed/nocloud"]) },
            blind: { $0.facts.cloudInit?.seeds = .cutOff }),
        CheckExample(
            .cloudInitPasswords,
            broken: { $0.facts.cloudInit?.passwords = .known([Evidence("/etc/cloud/cloud.cfg", line: 3)]) },
            blind: { $0.facts.cloudInit?.passwords = .cutOff }),
        CheckExample(
            .cloudInitModules(allOf: ["growpart"]), broken: { $0.facts.cloudInit?.modules = .known(["ssh"]) },
            blind: { $0.facts.cloudInit?.modules = .cutOff }),
    ]

    static let network = [
        CheckExample(
            .dhcp, broken: { $0.facts.network?.anyCard = .absent() }, blind: { $0.facts.network?.anyCard = .cutOff }),
        CheckExample(
            .noHardwareAddresses,
            broken: { $0.facts.network?.boundLinks = .known([Evidence("/etc/systemd/network/10.link")]) },
            blind: { $0.facts.network?.profiles = .cutOff }),
        CheckExample(
            .noPersistentNetworkRules,
            broken: { $0.facts.network?.persistentNames = .known([Evidence("/etc/udev/rules.d/70.rules", line: 1)]) },
            blind: { $0.facts.network?.persistentNames = .cutOff }),
        CheckExample(
            .system(in: ["openEuler"]), broken: { $0.facts.system?.release["ID"] = .known("mylinux") },
            blind: { $0.facts.system?.release["ID"] = .cutOff }),
        CheckExample(
            .systemDisk, broken: { $0.facts.system?.initProgram = .absent() },
            blind: { $0.facts.system?.initProgram = .cutOff }),
        CheckExample(
            .supportedRelease(ends: Check.endsOfSupport),
            broken: { $0.facts.system?.release["VERSION"] = .known("24.03 (LTS-SP2)") },
            blind: { $0.facts.system?.release["VERSION"] = .cutOff }),
        CheckExample(
            .selinux(in: ["disabled"]),
            broken: {
                $0.facts.system?.selinux = SELinux(
                    mode: .known("enforcing"), policy: .known("targeted"), hasPolicy: .known(true))
            },
            blind: {
                $0.facts.system?.selinux = SELinux(mode: .cutOff, policy: .absent(), hasPolicy: .known(true))
            }),
        CheckExample(
            .firewallOff, broken: { $0.facts.system?.firewalls = .known([firewall]) },
            blind: { $0.facts.system?.firewalls = .cutOff }),
        CheckExample(
            .firewallOpens(anyOf: ["ssh"]), broken: { $0.facts.system?.firewalls = .known([firewall]) },
            blind: { $0.facts.system?.firewalls = .cutOff }),
        CheckExample(
            .growsRoot, broken: { $0.facts.cloudInit?.growMode = .known("off") },
            blind: { $0.facts.cloudInit?.growMode = .cutOff }),
        CheckExample(
            .timeSynchronised, broken: { $0.facts.system?.clocks = .known([]) },
            blind: { $0.facts.system?.clocks = .cutOff }),
        CheckExample(
            .clockUTC, broken: { $0.facts.system?.hardwareClock = .known("LOCAL") },
            blind: { $0.facts.system?.hardwareClock = .cutOff }),
        CheckExample(
            .repositoriesWithout(["example.org"]),
            broken: {
                $0.facts.system?.repositories = .known([
                    PackageRepository(
                        kind: .dnf, id: "OS", name: nil, urls: ["https://example.org/os"], isEnabled: true,
                        checksSignatures: true, ignoresTLS: false, evidence: [Evidence("/etc/yum.repos.d/a.repo")])
                ])
            }, blind: { $0.facts.system?.repositories = .cutOff }),
    ]

    private static let firewall = Firewall(
        name: .firewalld, isEnabled: true, filtersInput: .known(true), opens: [], evidence: [])
}

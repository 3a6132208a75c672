/// What cloud-init will do at an instance's first boot (docs.cloud-init.io).
///
/// Settings are those of /etc/cloud/cloud.cfg and cloud.cfg.d/*.cfg merged as cloud-init merges them; each is absent if no file sets
/// it. What a data source brings at run time comes on top and is not known here.
public struct CloudInitFacts: Sendable, Equatable, Codable {
    /// The program's path; absent if cloud-init is not installed.
    public var program: Fact<String>
    /// As the Python package states it: `23.4.1`; a distribution's own suffix is left on.
    public var version: Fact<String>
    /// Its units of the four stages that are in the image, and whether links start them; an empty list if there is none.
    public var stages: Fact<[CloudInitStage]>
    /// What switches it off: a marker file or an argument of the default boot entry; absent if nothing does.
    public var disabled: Fact<String>
    /// Files that were merged, in that order; an empty list if there is none.
    public var files: Fact<[String]>
    /// Files that cloud-init can't take, with the reason: their settings are not in force.
    public var damaged: [Evidence]
    /// `datasource_list`, in its order; absent: its built-in list of all.
    public var datasources: Fact<[String]>
    /// Names under `datasource`, which have settings of their own.
    public var datasourceSettings: Fact<[String]>
    /// `policy` of /etc/cloud/ds-identify.cfg, or `ci.di.policy=` of the default boot entry: `disabled` keeps cloud-init from starting.
    public var detectionPolicy: Fact<String>
    /// `datasource` of /etc/cloud/ds-identify.cfg, or `ci.datasource=` of the default boot entry: the one that is taken without a
    /// look.
    public var detectionDatasource: Fact<String>
    public var disableRoot: Fact<Bool>
    /// `ssh_pwauth`: `true`, `false` or `unchanged`.
    public var sshPasswords: Fact<String>
    /// Users that it makes at first boot; `default` is replaced by `system_info.default_user`.
    public var users: Fact<[CloudInitUser]>
    /// Passwords that the configuration itself sets: `password`, `chpasswd`, `passwd` of users. The values are left out.
    public var passwords: Fact<[Evidence]>
    /// Where the configuration itself gives keys to accounts: `ssh_authorized_keys` and `ssh_import_id`, of users and at its top.
    public var authorizedKeys: Fact<[Evidence]>
    /// `growpart.mode`: `auto`, `growpart`, `off`, ...; absent: `auto`.
    public var growMode: Fact<String>
    /// `growpart.devices`; absent: `/`.
    public var growDevices: Fact<[String]>
    /// `resize_rootfs`: `true`, `false`, `noblock`; absent: `true`.
    public var resizeRoot: Fact<String>
    public var preserveHostname: Fact<Bool>
    /// `manage_etc_hosts`: `true`, `false`, `localhost`, `template`.
    public var manageHosts: Fact<String>
    /// `network.config` is `disabled`: the image's own network stands.
    public var networkDisabled: Fact<Bool>
    /// `network` has a configuration in the files (`version`), which outweighs the data source's unless that is asked first.
    public var hasNetworkConfiguration: Fact<Bool>
    /// What that configuration says of interfaces: told among the network's profiles, and not in this part of the document.
    public var networkProfiles: [NetworkProfile] = []
    /// `ssh_deletekeys`: host keys of the image are replaced at first boot; absent: they are.
    public var deletesHostKeys: Fact<Bool>
    /// `ssh_genkeytypes`.
    public var hostKeyTypes: Fact<[String]>
    /// `system_info.distro`.
    public var distribution: Fact<String>
    /// `cloud_init_modules`, `cloud_config_modules`, `cloud_final_modules`, names with `_` for `-`, without their frequency.
    public var modules: Fact<[String]>
    /// Folders under /var/lib/cloud/seed that hold files, `ds=` arguments, and `datasource.NoCloud.user-data` and its like of the
    /// configuration: data that is taken for an instance's own.
    public var seeds: Fact<[String]>
    /// What a boot left under /var/lib/cloud: instances, semaphores, data; an empty list if it never ran.
    public var leftovers: Fact<[String]>
    /// Places of all settings, by their path (`system_info.default_user.name`): which line decides it. At most 500.
    public var places: [String: Evidence]

    enum CodingKeys: String, CodingKey {
        case program, version, stages, disabled, files, damaged, datasources, users, passwords, distribution, modules
        case seeds, leftovers, places
        case datasourceSettings = "datasource_settings"
        case detectionPolicy = "detection_policy"
        case detectionDatasource = "detection_datasource"
        case disableRoot = "disable_root"
        case sshPasswords = "ssh_passwords"
        case authorizedKeys = "authorized_keys"
        case growMode = "grow_mode"
        case growDevices = "grow_devices"
        case resizeRoot = "resize_root"
        case preserveHostname = "preserve_hostname"
        case manageHosts = "manage_hosts"
        case networkDisabled = "network_disabled"
        case hasNetworkConfiguration = "has_network_configuration"
        case deletesHostKeys = "deletes_host_keys"
        case hostKeyTypes = "host_key_types"
    }

    /// What is known before it was read.
    /// - Parameter why: what every member says until it is set.
    public init(unknown why: String) {
        (program, version, stages, disabled) = (.unknown(why), .unknown(why), .unknown(why), .unknown(why))
        (files, damaged, datasources, datasourceSettings) = (.unknown(why), [], .unknown(why), .unknown(why))
        (detectionPolicy, detectionDatasource) = (.unknown(why), .unknown(why))
        (disableRoot, sshPasswords, users, passwords) = (.unknown(why), .unknown(why), .unknown(why), .unknown(why))
        authorizedKeys = .unknown(why)
        (growMode, growDevices, resizeRoot) = (.unknown(why), .unknown(why), .unknown(why))
        (preserveHostname, manageHosts) = (.unknown(why), .unknown(why))
        (networkDisabled, hasNetworkConfiguration) = (.unknown(why), .unknown(why))
        (deletesHostKeys, hostKeyTypes, distribution) = (.unknown(why), .unknown(why), .unknown(why))
        (modules, seeds, leftovers, places) = (.unknown(why), .unknown(why), .unknown(why), [:])
    }

    /// Whether it is there, its four stages are linked and nothing switches it off; nil if that can't be told.
    public var isEnabled: Bool? {
        if case .unknown = program { return nil }
        guard program.value != nil else { return false }
        if case .unknown = disabled { return nil }
        guard disabled.value == nil else { return false }
        return stages.value.map { !$0.isEmpty && $0.allSatisfy(\.isEnabled) }
    }

    /// Whether the data source is asked: the list is absent, or names it (letters' case aside). nil if that can't be told.
    public func asks(_ datasource: String) -> Bool? {
        switch datasources {
        case .unknown: nil
        case .absent: true
        case .known(let names, _): names.contains { $0.lowercased() == datasource.lowercased() }
        }
    }

    /// Whether a module is in one of the three lists, however it is spelled; nil if no list is known.
    public func runs(_ module: String) -> Bool? {
        modules.value?.contains(String(module.map { $0 == "-" ? "_" : $0 }))
    }
}

/// A stage's unit: `cloud-init-local`, `cloud-init` (`cloud-init-network` of newer versions), `cloud-config`, `cloud-final`.
public struct CloudInitStage: Sendable, Equatable, Codable {
    /// `cloud-init-local.service`.
    public var unit: String
    /// A .wants folder of cloud-init.target or multi-user.target holds it, and it is not masked.
    public var isEnabled: Bool
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case unit, evidence
        case isEnabled = "is_enabled"
    }

    public init(unit: String, isEnabled: Bool, evidence: [Evidence]) {
        (self.unit, self.isEnabled, self.evidence) = (unit, isEnabled, evidence)
    }
}

/// A user that cloud-init makes.
public struct CloudInitUser: Sendable, Equatable, Codable {
    public var name: String
    /// It is the one that keys of the cloud are given to.
    public var isDefault: Bool
    /// `lock_passwd`; true if it is left out.
    public var locksPassword: Bool
    /// The configuration brings a password or its hash.
    public var hasPassword: Bool
    /// Lines of sudoers that it is given.
    public var sudo: [String]
    public var groups: [String]
    /// nil: the distribution's own.
    public var shell: String?
    /// How many keys the configuration itself brings for it.
    public var authorizedKeys: Int

    enum CodingKeys: String, CodingKey {
        case name, sudo, groups, shell
        case isDefault = "is_default"
        case locksPassword = "locks_password"
        case hasPassword = "has_password"
        case authorizedKeys = "authorized_keys"
    }

    public init(
        name: String, isDefault: Bool, locksPassword: Bool, hasPassword: Bool, sudo: [String], groups: [String],
        shell: String?, authorizedKeys: Int
    ) {
        self.name = name
        self.isDefault = isDefault
        self.locksPassword = locksPassword
        self.hasPassword = hasPassword
        self.sudo = sudo
        self.groups = groups
        self.shell = shell
        self.authorizedKeys = authorizedKeys
    }
}

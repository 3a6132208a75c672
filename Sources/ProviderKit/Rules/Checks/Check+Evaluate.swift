import Documents

extension Check {
    /// How the check comes out for an image.
    public func evaluate(_ subject: CheckSubject) -> Outcome {
        Outcome.trying { () throws(Unknown) in try outcome(subject) }
    }

    private func outcome(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .diskFormat, .fileSize, .virtualSize, .usedSize, .virtualSizeMultiple, .selfContained, .noSnapshots,
            .notEncrypted, .soundDisk, .partitionTable, .partitionsAligned, .rootLast, .noLVM, .noSwap, .fileSystems,
            .noFileSystemFeatures, .cleanFileSystems, .freeSpace, .noSeparateMount, .fstab, .fstabResolves:
            try ofDisk(image)
        case .bootsAny, .bootsAll, .root, .kernelArgument, .noStockBootPassword, .driversAll, .driversAny,
            .driversInstalled, .kernelConfig,
            .kernelVersion, .packagedKernel, .dracutDrivers, .declaredArchitecture, .architecture:
            try ofBoot(image)
        case .noPasswords, .noEmptyPasswords, .noStockRootPassword, .rootLocked, .rootAccount, .noOtherRoots,
            .noPersonalAccounts, .noAuthorizedKeys, .administrator, .shadowFile, .passwordProgram, .passwordQuality,
            .passwordHash, .sshd, .sshdConfiguration, .sshdKeyLogin:
            try ofAccounts(image)
        case .unitEnabled, .unitsEnabled, .unitsDisabled, .portsClosed, .unitOrdered, .package, .noPackages, .cloudInit,
            .cloudInitSetting,
            .cloudInitSource, .cloudInitClean, .noCloudInitSeeds, .cloudInitPasswords, .cloudInitModules:
            try ofPrograms(image)
        case .machineIDEmpty, .noHostKeys, .noSecrets, .noShellHistory, .noLogs, .noRandomSeed, .noLeases,
            .noCoreDumps, .noTemporaryFiles, .noPackageCaches:
            try ofLeftovers(image)
        case .dhcp, .noHardwareAddresses, .noPersistentNetworkRules, .system, .systemDisk, .supportedRelease,
            .selinux, .firewallOff, .firewallOpens, .growsRoot, .timeSynchronised, .clockUTC, .repositoriesWithout:
            try ofSystem(image)
        case .fileMode, .files, .noFiles, .setting, .noAbsoluteLinks, .noWorldWritable:
            try ofFiles(image)
        case .allOf(let checks): .all(checks.map { $0.evaluate(image) })
        case .anyOf(let checks): .any(checks.map { $0.evaluate(image) })
        case .byHand: throw Unknown("nothing in the image tells")
        }
    }

    private func ofDisk(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .diskFormat(let formats): try image.diskFormat(in: formats)
        case .fileSize(let most): try image.fileSize(upTo: most)
        case .virtualSize(let least, let most): try image.virtualSize(from: least, upTo: most)
        case .usedSize(let most): try image.usedSize(upTo: most)
        case .virtualSizeMultiple(let unit): try image.virtualSizeMultiple(of: unit)
        case .selfContained: try image.selfContained()
        case .noSnapshots: try image.noSnapshots()
        case .notEncrypted: try image.notEncrypted()
        case .soundDisk: try image.soundDisk()
        case .partitionTable(let tables): try image.partitionTable(in: tables)
        case .partitionsAligned(let unit): try image.partitionsAligned(to: unit)
        case .rootLast: try image.rootLast()
        case .noLVM: try image.noLVM()
        case .noSwap: try image.noSwap()
        case .fileSystems(let kinds): try image.fileSystems(in: kinds)
        case .noFileSystemFeatures(let features): try image.noFileSystemFeatures(features)
        case .cleanFileSystems: try image.cleanFileSystems()
        case .freeSpace(let percent): try image.freeSpace(percent: percent)
        case .noSeparateMount(let points): try image.noSeparateMount(points)
        case .fstab(let namings, let even): try image.fstab(namedBy: namings, evenOptional: even)
        case .fstabResolves: try image.fstabResolves()
        default: throw unanswered
        }
    }

    private func ofBoot(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .bootsAny(let ways): try image.boots(anyOf: ways)
        case .bootsAll(let ways): try image.boots(allOf: ways)
        case .root(let namings): try image.root(namedBy: namings)
        case .kernelArgument(let name, let expected): try image.kernelArgument(name, expected)
        case .noStockBootPassword: try image.noStockBootPassword()
        case .driversAll(let names): try image.drivers(allOf: names)
        case .driversAny(let names): try image.drivers(anyOf: names)
        case .driversInstalled(let names): try image.driversInstalled(allOf: names)
        case .kernelConfig(let option, let values): try image.kernelConfig(option, in: values)
        case .kernelVersion(let least): try image.kernelVersion(from: least)
        case .packagedKernel: try image.packagedKernel()
        case .dracutDrivers(let names): try image.dracutDrivers(allOf: names)
        case .declaredArchitecture: try image.isDeclaredArchitecture()
        case .architecture(let names): try image.isArchitecture(in: names)
        default: throw unanswered
        }
    }

    private func ofAccounts(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .noPasswords: try image.noPasswords()
        case .noEmptyPasswords: try image.noEmptyPasswords()
        case .noStockRootPassword: try image.noStockRootPassword()
        case .rootLocked: try image.rootLocked()
        case .rootAccount: try image.rootAccount()
        case .noOtherRoots: try image.noOtherRoots()
        case .noPersonalAccounts: try image.noPersonalAccounts()
        case .noAuthorizedKeys: try image.noAuthorizedKeys()
        case .administrator: try image.administrator()
        case .shadowFile: try image.shadowFile()
        case .passwordProgram: try image.passwordProgram()
        case .passwordQuality(let length, let classes): try image.passwordQuality(length: length, classes: classes)
        case .passwordHash(let methods): try image.passwordHash(in: methods)
        case .sshd(let keyword, let expected): try image.sshd(keyword, expected)
        case .sshdConfiguration: try image.sshdConfiguration()
        case .sshdKeyLogin: try image.sshdKeyLogin()
        default: throw unanswered
        }
    }

    private func ofPrograms(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .unitEnabled(let names): try image.unitEnabled(anyOf: names)
        case .unitsEnabled(let names): try image.unitsEnabled(allOf: names)
        case .unitsDisabled(let names): try image.unitsDisabled(names)
        case .portsClosed(let ports): try image.portsClosed(ports)
        case .unitOrdered(let name, let later): try image.unitOrdered(name, before: later)
        case .package(let names): try image.package(anyOf: names)
        case .noPackages(let names): try image.noPackages(names)
        case .cloudInit(let least): try image.cloudInit(from: least)
        case .cloudInitSetting(let path, let expected): try image.cloudInitSetting(path, expected)
        case .cloudInitSource(let names): try image.cloudInitSource(anyOf: names)
        case .cloudInitClean: try image.cloudInitClean()
        case .noCloudInitSeeds: try image.noCloudInitSeeds()
        case .cloudInitPasswords: try image.cloudInitPasswords()
        case .cloudInitModules(let names): try image.cloudInitModules(allOf: names)
        default: throw unanswered
        }
    }

    private func ofLeftovers(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .machineIDEmpty: try image.machineIDEmpty()
        case .noHostKeys: try image.noHostKeys()
        case .noSecrets: try image.noSecrets()
        case .noShellHistory: try image.noShellHistory()
        case .noLogs: try image.noLogs()
        case .noRandomSeed: try image.noRandomSeed()
        case .noLeases: try image.noLeases()
        case .noCoreDumps: try image.noCoreDumps()
        case .noTemporaryFiles: try image.noTemporaryFiles()
        case .noPackageCaches: try image.noPackageCaches()
        default: throw unanswered
        }
    }

    private func ofSystem(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .dhcp: try image.dhcp()
        case .noHardwareAddresses: try image.noHardwareAddresses()
        case .noPersistentNetworkRules: try image.noPersistentNetworkRules()
        case .system(let names): try image.system(in: names)
        case .systemDisk: try image.systemDisk()
        case .supportedRelease(let ends): try image.supportedRelease(ends: ends)
        case .selinux(let modes): try image.selinux(in: modes)
        case .firewallOff: try image.firewallOff()
        case .firewallOpens(let names): try image.firewallOpens(anyOf: names)
        case .growsRoot: try image.growsRoot()
        case .timeSynchronised: try image.timeSynchronised()
        case .clockUTC: try image.clockUTC()
        case .repositoriesWithout(let words): try image.repositoriesWithout(words)
        default: throw unanswered
        }
    }

    private func ofFiles(_ image: CheckSubject) throws(Unknown) -> Outcome {
        switch self {
        case .fileMode(let path, let mode): try image.fileMode(path, atMost: mode)
        case .files(let paths): try image.files(anyOf: paths)
        case .noFiles(let paths): try image.noFiles(paths)
        case .setting(let word, let path, let expected): try image.setting(word, in: path, expected)
        case .noAbsoluteLinks(let paths): try image.noAbsoluteLinks(paths)
        case .noWorldWritable(let folders): try image.noWorldWritable(under: folders)
        default: throw unanswered
        }
    }

    private var unanswered: Unknown { Unknown("the check \(name) is not answered here") }
}

public import Documents
public import FileSystems

/// Reads what is installed in a guest.
public struct PackageReader {
    /// In bytes, of dpkg's status. A desktop's has some ten million.
    public static let statusLimit = 64 << 20
    /// Both places that distributions keep rpm's database in; one is often a link to the other.
    public static let rpmFolders = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"]
    public static let dpkgFolder = "/var/lib/dpkg"

    private let tree: GuestTree

    public init(_ tree: GuestTree) { self.tree = tree }

    private struct Reading {
        var database: PackageDatabase
        var packages: Fact<[Package]>
    }

    /// What can't be read is unknown, with the reason.
    public func facts() -> PackageFacts {
        let readings = rpm() + dpkg()
        guard !readings.isEmpty else {
            let places = (Self.rpmFolders + ["\(Self.dpkgFolder)/status"]).map { Evidence($0) }
            return PackageFacts(manager: .absent(places), packages: .absent(places), databases: [])
        }
        // Of rpm's forms in one guest, the first one is the one that rpm uses.
        let counted = readings.filter { reading in
            reading.database.manager == .dpkg
                || reading.database.path == readings.first { $0.database.manager == .rpm }?.database.path
        }
        var packages: [Package] = []
        var evidence: [Evidence] = []
        var unread: String?
        for reading in counted {
            switch reading.packages {
            case .known(let found, let places):
                packages += found
                evidence += places
            case .absent: continue
            case .unknown(let why): unread = unread ?? why
            }
        }
        let most = Dictionary(grouping: packages, by: \.manager).max { $0.value.count < $1.value.count }?.key
        let managers = Set(counted.map(\.database.manager))
        let manager = most ?? (managers.count == 1 ? managers.first : nil)
        let places = counted.filter { $0.database.manager == manager }.map { Evidence($0.database.path) }
        packages.sort { ($0.name, $0.version, $0.architecture) < ($1.name, $1.version, $1.architecture) }
        return PackageFacts(
            manager: manager.map { .known($0, places) } ?? .unknown(unread ?? "no package is in any database"),
            packages: unread.map { .unknown($0) } ?? .known(packages, evidence),
            databases: readings.map(\.database))
    }

    private func rpm() -> [Reading] {
        var readings: [Reading] = []
        for (name, format) in RPMDatabase.names {
            for folder in Self.rpmFolders {
                let path = "\(folder)/\(name)"
                do throws(Failure) {
                    guard let found = try tree.find(path), found.status.kind == .file,
                        !readings.contains(where: { $0.database.path == found.path })
                    else { continue }
                    readings.append(reading(.rpm, format, found.path) { () throws(Failure) in try rpm(found, format) })
                } catch {
                    readings.append(reading(.rpm, format, path) { () throws(Failure) in throw error })
                }
            }
        }
        return readings
    }

    private func rpm(_ found: GuestTree.Found, _ format: PackageDatabase.Format) throws(Failure) -> [Package] {
        let log = format == .sqlite ? try tree.find(found.path + "-wal") : nil
        let database = try RPMDatabase(
            try GuestFile(found), format,
            log: log.map { found throws(Failure) in try GuestFile(found) })
        return database.packages.map {
            Package(
                manager: .rpm, name: $0.name, version: "\($0.version)-\($0.release)", epoch: $0.epoch,
                architecture: $0.architecture, vendor: $0.vendor)
        }
    }

    private func dpkg() -> [Reading] {
        var readings: [Reading] = []
        let status = "\(Self.dpkgFolder)/status"
        let folder = "\(Self.dpkgFolder)/status.d"
        do throws(Failure) {
            if try tree.find(status) != nil {
                readings.append(reading(.dpkg, .status, status) { () throws(Failure) in try dpkg(status) })
            }
            if try tree.find(folder)?.status.kind == .directory {
                readings.append(reading(.dpkg, .statusFolder, folder) { () throws(Failure) in try dpkgFolder(folder) })
            }
        } catch {
            readings.append(reading(.dpkg, .status, status) { () throws(Failure) in throw error })
        }
        return readings
    }

    private func dpkg(_ path: String) throws(Failure) -> [Package] {
        var status = DpkgStatus()
        try status.add(try tree.read(path, limit: Self.statusLimit) ?? [], stating: true)
        // What dpkg has done since it last wrote its status: files named by numbers, in their order (dpkg's lib/dpkg/dbmodify.c).
        let updates = "\(Self.dpkgFolder)/updates"
        for name in try tree.list(updates).prefix(1000) where !name.isEmpty && name.allSatisfy(\.isWholeNumber) {
            try status.add(try tree.read("\(updates)/\(name)") ?? [], stating: true)
        }
        return Array(status.packages.values)
    }

    /// Images that are made without dpkg keep one text for each package.
    private func dpkgFolder(_ path: String) throws(Failure) -> [Package] {
        var status = DpkgStatus()
        let names = try tree.list(path)
        guard names.count <= 2 * RPMDatabase.packageLimit else {
            throw Failure(.refused, "\(names.count) files in it", place: path)
        }
        for name in names where !name.hasSuffix(".md5sums") {
            guard let found = try tree.find("\(path)/\(name)"), found.status.kind == .file else { continue }
            try status.add(try tree.read(found), stating: false)
        }
        return Array(status.packages.values)
    }

    private func reading(
        _ manager: PackageDatabase.Manager, _ format: PackageDatabase.Format, _ path: String,
        _ packages: () throws(Failure) -> [Package]
    ) -> Reading {
        do throws(Failure) {
            let packages = try packages()
            guard packages.count <= RPMDatabase.packageLimit else {
                throw Failure(.refused, "more than \(RPMDatabase.packageLimit) packages in it")
            }
            let count = Fact.known(packages.count, [Evidence(path)])
            return Reading(
                database: PackageDatabase(manager: manager, format: format, path: path, count: count),
                packages: .known(packages, [Evidence(path)]))
        } catch {
            let why = "\(path): \(error.message)"
            return Reading(
                database: PackageDatabase(manager: manager, format: format, path: path, count: .unknown(why)),
                packages: .unknown(why))
        }
    }
}

/// What is installed in a guest, as its package manager keeps it.
public struct PackageFacts: Sendable, Equatable, Codable {
    /// The manager whose database holds most: a guest may have the program of another one beside it.
    public var manager: Fact<PackageDatabase.Manager>
    /// The installed ones of all databases that could be read, sorted by name.
    public var packages: Fact<[Package]>
    /// Every database that was recognised, read or not.
    public var databases: [PackageDatabase]

    public init(
        manager: Fact<PackageDatabase.Manager>, packages: Fact<[Package]>, databases: [PackageDatabase]
    ) {
        (self.manager, self.packages, self.databases) = (manager, packages, databases)
    }

    /// Whether a package of that name is installed, and where that is written; unknown if no database could be read.
    public func package(_ name: String) -> Fact<Package> {
        switch packages {
        case .known(let packages, let evidence):
            packages.first { $0.name == name }.map { .known($0, evidence) } ?? .absent(evidence)
        case .absent(let evidence): .absent(evidence)
        case .unknown(let why): .unknown(why)
        }
    }

    /// The package that brought the kernel of that version (`uname -r`), by the names that distributions give them:
    /// `kernel-core` or `kernel` of rpm with VERSION-RELEASE.ARCH, `linux-image-VERSION` of dpkg.
    public func kernelPackage(_ version: String) -> Fact<Package> {
        switch packages {
        case .known(let packages, let evidence):
            packages.first { package in
                switch package.manager {
                case .rpm:
                    package.name.hasPrefix("kernel") && !package.name.hasSuffix("devel")
                        && !package.name.hasSuffix("headers")
                        && [package.version, "\(package.version).\(package.architecture)"].contains(version)
                case .dpkg: ["linux-image-\(version)", "linux-image-unsigned-\(version)"].contains(package.name)
                }
            }.map { .known($0, evidence) } ?? .absent(evidence)
        case .absent(let evidence): .absent(evidence)
        case .unknown(let why): .unknown(why)
        }
    }
}

public struct Package: Sendable, Equatable, Codable {
    public var manager: PackageDatabase.Manager
    public var name: String
    /// The manager's own form without the epoch: `2.36-9+deb12u10`, rpm's VERSION-RELEASE.
    public var version: String
    /// What outranks the version in comparison; nil if none is stated.
    public var epoch: UInt32?
    /// In the manager's own words: `amd64` and `all`, `x86_64` and `noarch`.
    public var architecture: String
    /// Who built it, as it says itself: rpm's Vendor, dpkg's Maintainer.
    public var vendor: String?

    public init(
        manager: PackageDatabase.Manager, name: String, version: String, epoch: UInt32? = nil, architecture: String,
        vendor: String? = nil
    ) {
        self.manager = manager
        self.name = name
        self.version = version
        self.epoch = epoch
        self.architecture = architecture
        self.vendor = vendor
    }

    /// `EPOCH:VERSION`, or the version alone.
    public var fullVersion: String { epoch.map { "\($0):\(version)" } ?? version }
}

/// A database of packages that was found.
public struct PackageDatabase: Sendable, Equatable, Codable {
    public enum Manager: String, Sendable, Codable, CaseIterable { case rpm, dpkg }

    /// How it is stored: rpm's three back ends (rpm.org/docs, `%_db_backend`), dpkg's one text and its folder of texts.
    public enum Format: String, Sendable, Codable, CaseIterable {
        case sqlite, ndb, bdb, status
        case statusFolder = "status.d"
    }

    public var manager: Manager
    public var format: Format
    public var path: String
    /// How many packages are installed according to it.
    public var count: Fact<Int>

    public init(manager: Manager, format: Format, path: String, count: Fact<Int>) {
        (self.manager, self.format, self.path, self.count) = (manager, format, path, count)
    }
}

// swift-tools-version: 6.2
// The house: leaf targets know one thing each, HostKit knows what the host does, a plugin knows one vendor.
// Arrows run one way and Tests/HouseTests holds them; docs/house.md is the map.

import Foundation
import PackageDescription

/// Warnings are errors in CI, where nobody reads them.
let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (ProcessInfo.processInfo.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// A provider is one self-contained library: its own Swift runtime, one exported symbol, never unloaded.
/// The libraries named are the static halves of FoundationEssentials, which `-static-stdlib` alone leaves undefined.
/// Its own name is in it, or the linker writes the path that it was built at.
func providerLinkage(_ id: String) -> [LinkerSetting] {
    [
        .unsafeFlags([
            "-static-stdlib",
            "-no-toolchain-stdlib-rpath",
            "-Xlinker", "-z", "-Xlinker", "defs",
            "-Xlinker", "-z", "-Xlinker", "nodelete",
            "-Xlinker", "-z", "-Xlinker", "relro",
            "-Xlinker", "-z", "-Xlinker", "now",
            "-Xlinker", "-soname=libep-\(id).so",
            "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/ProviderAPI/provider.map",
            "-l_FoundationCollections", "-l_FoundationCShims", "-lswiftSynchronization",
        ])
    ]
}

func leaf(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func imageKit(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    leaf(name, dependencies, path: "Sources/ImageKit/\(name)")
}

func hostKit(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    leaf(name, dependencies, path: "Sources/HostKit/\(name)")
}

/// The two targets that make a provider's library: its manifest as an ELF section, and its entry.
func providerEntry(_ name: String, _ id: String) -> [Target] {
    [
        .target(
            name: "\(name)Manifest", path: "Plugins/\(name)/Manifest", exclude: ["provider.json"],
            cSettings: [.unsafeFlags(["-std=gnu23"])]),
        .target(
            name: "\(name)Entry",
            dependencies: [
                .init(stringLiteral: "\(name)Provider"), .init(stringLiteral: "\(name)Manifest"), "ProviderKit",
                "ProviderAPI",
            ],
            path: "Plugins/\(name)/Entry", swiftSettings: strict, linkerSettings: providerLinkage(id)),
    ]
}

/// Our own providers: the name of each one's targets, and its id.
let providers = [
    ("Local", "local"),
    ("DockerHub", "dockerhub"),
    ("AWS", "aws"),
    ("HuaweiCloud", "huaweicloud"),
    ("TencentCloud", "tencentcloud"),
    ("Aliyun", "aliyun"),
]

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "eulerpublisher",
    products: [
        .executable(name: "eulerpublisher", targets: ["Host"]),
        .executable(name: "eulerpublisher-worker", targets: ["Worker"]),
        .executable(name: "eulerpublisher-reader", targets: ["Reader"]),
        .executable(name: "eulerpublisher-builder", targets: ["Builder"]),
        .library(name: "ep-local", type: .dynamic, targets: ["LocalEntry"]),
        .library(name: "ep-dockerhub", type: .dynamic, targets: ["DockerHubEntry"]),
        .library(name: "ep-aws", type: .dynamic, targets: ["AWSEntry"]),
        .library(name: "ep-huaweicloud", type: .dynamic, targets: ["HuaweiCloudEntry"]),
        .library(name: "ep-tencentcloud", type: .dynamic, targets: ["TencentCloudEntry"]),
        .library(name: "ep-aliyun", type: .dynamic, targets: ["AliyunEntry"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The contract.
        .target(name: "ProviderAPI", exclude: ["provider.map", "schemas"]),

        // C that Swift cannot say: variadic calls, packed structs, kernel interfaces.
        .target(name: "CSystem"),

        // Leaves.
        leaf("Documents"),
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("crypto")]),
        leaf("Digest", ["COpenSSL", "CSystem", "Documents"]),
        leaf("Files", ["Documents"]),
        leaf("Schema", [yams, "Documents", "Schemas"]),

        // HTTP on libcurl, XML on libxml2: each behind a narrow C target.
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        leaf("HTTP", ["CCurl", "Documents"]),
        .target(
            name: "CXML", cSettings: [.unsafeFlags(["-I/usr/include/libxml2"])],
            linkerSettings: [.linkedLibrary("xml2")]),
        leaf("XML", ["CXML", "Documents"]),

        // The JSON Schemas of Sources/ProviderAPI/schemas, embedded for the host.
        .target(name: "Schemas", cSettings: [.unsafeFlags(["-std=gnu23"])]),

        // Container images: values, layout directories, tar and gzip. CArchive reads tar.xz, CZlib reads and writes gzip.
        .target(name: "CArchive", linkerSettings: [.linkedLibrary("archive")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        leaf("OCI", ["CZlib", "Digest", "Documents", "Files"]),

        // Disk images, from the bytes up: the file's format, its partitions, their file systems, what lies in them.
        imageKit("Blocks", ["CSystem", "CZlib", "CZstd", "Documents"]),
        imageKit("FileSystems", ["Blocks", "Documents"]),
        imageKit("Partitions", ["Blocks", "FileSystems", "CZlib", "Documents"]),
        // What initramfs archives and clusters of images are packed with, beside zlib.
        .target(name: "CLzma", linkerSettings: [.linkedLibrary("lzma")]),
        .target(name: "CZstd", linkerSettings: [.linkedLibrary("zstd")]),
        .target(name: "CLz4", linkerSettings: [.linkedLibrary("lz4")]),
        imageKit("PackageDatabases", ["FileSystems", "Blocks", "Documents"]),
        imageKit("Initramfs", ["FileSystems", "Blocks", "CZlib", "CLzma", "CZstd", "CLz4", "Documents"]),

        // What loads and calls a provider; no Foundation.
        leaf("ProviderRuntime", ["ProviderAPI", "CSystem"]),
        .executableTarget(name: "Worker", dependencies: ["ProviderRuntime"], swiftSettings: strict),

        // crypt(3), to know printed passwords by any salt.
        .target(name: "CCrypt", linkerSettings: [.linkedLibrary("crypt")]),
        imageKit("Guest", ["Initramfs", "FileSystems", "Blocks", "Digest", "CCrypt", "CLzma", "Documents", yams]),
        imageKit(
            "Inspection",
            ["Guest", "Initramfs", "PackageDatabases", "Partitions", "FileSystems", "Blocks", "Documents"]),

        // The process that changes one image, in namespaces of its own.
        imageKit("Changing", ["Programs", "CSystem", "Documents", "Files"]),
        leaf("BuilderRuntime", ["Changing", "ProviderRuntime", "ProviderAPI", "CSystem", "Documents"]),
        .executableTarget(name: "Builder", dependencies: ["BuilderRuntime"], swiftSettings: strict),
        // Other programs, run so that nothing of them stays; images booted in a virtual machine of qemu's, and made into other forms.
        imageKit("Programs", ["CSystem", "Documents", "Files"]),
        imageKit("Booting", ["Programs", "CArchive", "CSystem", "Documents", "Files"]),
        imageKit("Conversion", ["Programs", "CSystem", "Documents", "Files"]),

        // The process that reads one image, and nothing else.
        leaf(
            "ReaderRuntime",
            ["Inspection", "Blocks", "FileSystems", "ProviderRuntime", "ProviderAPI", "CSystem", "Documents"]),
        .executableTarget(name: "Reader", dependencies: ["ReaderRuntime"], swiftSettings: strict),

        // What the host does.
        hostKit("Workers", ["Programs", "ProviderRuntime", "ProviderAPI", "CSystem", "Documents"]),
        hostKit("Images", ["Workers", "Programs", "ProviderRuntime", "ProviderAPI", "CSystem", "Documents"]),
        hostKit("Prepare", ["OCI", "HTTP", "CLzma", "Digest", "Documents", "Files"]),
        hostKit(
            "Assemble",
            ["Prepare", "OCI", "CArchive", "PackageDatabases", "Blocks", "Digest", "Documents", "Files"]),
        hostKit("Import", ["OCI", "Digest", "Documents", "Files"]),
        hostKit("Settings", ["Schema", "Schemas", "Documents", "Files"]),
        hostKit(
            "Discovery",
            ["Settings", "Schema", "Schemas", "Workers", "ProviderAPI", "Digest", "Documents", "Files"]),
        hostKit("State", ["Digest", "Documents", "Files", "CSystem"]),
        hostKit("Plans", ["Schema", "Schemas", "Digest", "Documents", "Files"]),
        hostKit(
            "Execution",
            [
                "Plans", "State", "Discovery", "Settings", "Workers", "Images", "Prepare", "Assemble", "Import",
                "Programs", "Schema", "OCI", "Digest",
                "Documents", "Files", "ProviderAPI", "CSystem",
            ]),
        hostKit("Reports", ["Execution", "State", "Booting", "Conversion", "Documents", "Files", "CSystem"]),
        hostKit(
            "Building",
            [
                "Booting", "Changing", "Conversion", "Programs", "Execution", "Workers", "ProviderRuntime",
                "ProviderAPI", "CSystem", "Digest", "Files", "Schema", "Documents",
            ]),
        .executableTarget(
            name: "Host",
            dependencies: [
                "Reports", "Building", "Changing", "Execution", "Images", "Import", "Plans", "State", "Settings",
                "Discovery", "Workers", "Prepare", "Assemble", "Booting", "Conversion", "Programs",
                "HTTP",
                "Documents", "Files", "CSystem", arguments,
            ],
            swiftSettings: strict),

        // What a Swift author of a provider builds on, and the providers: what each does, its entry, its manifest.
        leaf("ProviderKit", ["ProviderAPI", "Documents"]),
        leaf(
            "LocalProvider", ["ProviderKit", "OCI", "Digest", "Documents", "Files", "CSystem"],
            path: "Plugins/Local/Provider"),
        leaf(
            "DockerHubProvider", ["ProviderKit", "HTTP", "OCI", "Digest", "Documents", "Files", "CSystem"],
            path: "Plugins/DockerHub/Provider"),
        leaf("AWSProvider", ["ProviderKit", "Documents"], path: "Plugins/AWS/Provider"),
        leaf("HuaweiCloudProvider", ["ProviderKit", "Documents"], path: "Plugins/HuaweiCloud/Provider"),
        leaf("TencentCloudProvider", ["ProviderKit", "Documents"], path: "Plugins/TencentCloud/Provider"),
        leaf("AliyunProvider", ["ProviderKit", "Documents"], path: "Plugins/Aliyun/Provider"),
    ] + providers.flatMap(providerEntry) + [

        // Tests.
        .testTarget(name: "ABITests", dependencies: ["ProviderAPI"], swiftSettings: strict),
        .testTarget(name: "SchemaTests", dependencies: ["Schema", "Documents"], swiftSettings: strict),
        .testTarget(
            name: "SettingsTests", dependencies: ["TestSupport", "Settings", "Documents"], swiftSettings: strict),
        .testTarget(
            name: "DiscoveryTests",
            dependencies: [
                "TestSupport", "Discovery", "Settings", "Schema", "Workers", "Digest", "Documents", "Worker", "Host",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChangingTests",
            dependencies: ["ImageTesting", "TestSupport", "Changing", "Guest", "FileSystems", "CSystem", "Documents"],
            path: "Tests/ImageKit/ChangingTests", swiftSettings: strict),
        .testTarget(name: "BuildTests", dependencies: ["TestSupport", "Building", "Documents"], swiftSettings: strict),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents"], swiftSettings: strict),
        // What test targets share: programs run, files kept for a while.
        leaf("TestSupport", ["Documents"], path: "Tests/TestSupport"),
        // A guest's files in memory, for tests of what reads them.
        leaf("ImageTesting", ["FileSystems", "Blocks", "Documents"], path: "Tests/ImageKit/Support"),
        .testTarget(
            name: "BlocksTests", dependencies: ["ImageTesting", "TestSupport", "Blocks", "Documents"],
            path: "Tests/ImageKit/BlocksTests", swiftSettings: strict),
        .testTarget(
            name: "BootingTests", dependencies: ["TestSupport", "Booting", "Programs", "Documents"],
            path: "Tests/ImageKit/BootingTests", swiftSettings: strict),
        .testTarget(
            name: "ConversionTests",
            dependencies: [
                "TestSupport", "Conversion", "Programs", "Partitions", "FileSystems", "Blocks", "Documents",
            ],
            path: "Tests/ImageKit/ConversionTests", swiftSettings: strict),
        .testTarget(
            name: "GuestTests",
            dependencies: ["ImageTesting", "TestSupport", "Guest", "FileSystems", "Blocks", "Documents"],
            path: "Tests/ImageKit/GuestTests", swiftSettings: strict),
        .testTarget(
            name: "FileSystemsTests",
            dependencies: ["ImageTesting", "TestSupport", "FileSystems", "Blocks", "Documents"],
            path: "Tests/ImageKit/FileSystemsTests", swiftSettings: strict),
        .testTarget(
            name: "PartitionsTests",
            dependencies: ["TestSupport", "Partitions", "FileSystems", "Blocks", "Documents"],
            path: "Tests/ImageKit/PartitionsTests", swiftSettings: strict),
        .testTarget(
            name: "InitramfsTests",
            dependencies: ["ImageTesting", "TestSupport", "Initramfs", "FileSystems", "Documents"],
            path: "Tests/ImageKit/InitramfsTests", exclude: ["guest.sh"], swiftSettings: strict),
        .testTarget(
            name: "PackageDatabasesTests",
            dependencies: ["ImageTesting", "TestSupport", "PackageDatabases", "FileSystems", "Blocks", "Documents"],
            path: "Tests/ImageKit/PackageDatabasesTests", exclude: ["forms.py"], swiftSettings: strict),
        // Images of packages, and what other programs say of each file of them.
        .testTarget(
            name: "RealImagesTests",
            dependencies: [
                "ImageTesting", "TestSupport", "Inspection", "Partitions", "Initramfs", "FileSystems", "Blocks",
                "Digest",
                "Documents",
            ],
            path: "Tests/ImageKit/RealImagesTests", exclude: ["peers.py"], swiftSettings: strict),
        // A host in memory for tests of providers, through the C ABI.
        leaf(
            "ProviderTesting", ["ProviderAPI", "Workers", "CSystem", "Documents"], path: "Tests/ProviderTesting"),
        .testTarget(
            name: "DocsTests",
            dependencies: ["TestSupport", "ProviderTesting", "Workers", "Worker", "Schema", "Documents"],
            swiftSettings: strict),
        .testTarget(
            name: "ProviderKitTests", dependencies: ["ProviderKit", "ProviderTesting", "ProviderAPI", "Documents"],
            swiftSettings: strict),
        .testTarget(
            name: "LocalTests",
            dependencies: [
                "TestSupport",
                "LocalProvider", "ProviderKit", "ProviderTesting", "ProviderAPI", "Workers", "Worker", "OCI", "Digest",
                "Documents",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DockerHubTests",
            dependencies: [
                "TestSupport", "RegistryPeers", "DockerHubProvider", "ProviderKit", "ProviderTesting", "ProviderAPI",
                "Execution", "Import", "Discovery", "HTTP", "OCI", "Digest", "Documents", "Files",
            ],
            swiftSettings: strict),
        // The clouds' rules for disk images, each on an image that passes and one that fails; the libraries are built beside.
        .testTarget(
            name: "RulesTests",
            dependencies: [
                "TestSupport", "AWSProvider", "HuaweiCloudProvider", "TencentCloudProvider", "AliyunProvider",
                "ProviderKit",
                "ProviderTesting", "ProviderAPI", "Documents",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DockerHubRulesTests",
            dependencies: ["TestSupport", "DockerHubProvider", "OCI", "Digest", "Documents", "Files"],
            swiftSettings: strict),
        .testTarget(
            name: "ImportTests", dependencies: ["TestSupport", "Import", "OCI", "Digest", "Documents", "Files"],
            swiftSettings: strict),
        .testTarget(
            name: "OCITests", dependencies: ["TestSupport", "OCI", "Digest", "Documents", "Files"],
            swiftSettings: strict),
        .executableTarget(
            name: "WorkersTestHost", dependencies: ["Workers"], path: "Tests/WorkersTestHost", swiftSettings: strict),
        .testTarget(
            name: "WorkersTests",
            dependencies: [
                "Workers", "ProviderRuntime", "ProviderAPI", "Documents", "CSystem", "Worker", "WorkersTestHost",
            ],
            swiftSettings: strict),
        .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: strict),
        .testTarget(
            name: "PrepareTests",
            dependencies: ["Prepare", "HTTP", "HTTPPeers", "OCI", "Digest", "Documents"], swiftSettings: strict),
        .target(
            name: "HTTPPeers", path: "Tests/HTTPPeers", exclude: ["odd.py", "nginx.py"], swiftSettings: strict),
        .testTarget(
            name: "HTTPTests", dependencies: ["HTTP", "HTTPPeers", "Digest", "Documents"], swiftSettings: strict),
        // Registries on loopback: docker-registry, and one that is strict and fails on demand.
        .target(
            name: "RegistryPeers", dependencies: ["TestSupport"], path: "Tests/RegistryPeers", exclude: ["servers"],
            swiftSettings: strict),
        .testTarget(
            name: "RegistryPeersTests", dependencies: ["RegistryPeers", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ImagesTests", dependencies: ["TestSupport", "Images", "Documents"], swiftSettings: strict),
        .testTarget(name: "XMLTests", dependencies: ["XML", "Documents"], swiftSettings: strict),
        .testTarget(name: "StateTests", dependencies: ["TestSupport", "State", "Documents"], swiftSettings: strict),
        .testTarget(name: "PlansTests", dependencies: ["Plans", "Documents"], swiftSettings: strict),
        .testTarget(
            name: "ExecutionTests",
            dependencies: ["TestSupport", "Execution", "State", "Workers", "ProviderAPI", "Documents"],
            swiftSettings: strict),
        .testTarget(
            name: "ReportsTests", dependencies: ["TestSupport", "Reports", "Execution", "Documents"],
            swiftSettings: strict),
        .testTarget(name: "SlowcloudTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "BadcloudTests", dependencies: ["TestSupport", "CSystem", "WorkersTestHost"], swiftSettings: strict),
        .testTarget(name: "CheckTests", dependencies: ["TestSupport", "Documents", "Schema"], swiftSettings: strict),
        .testTarget(name: "PublishTests", dependencies: ["TestSupport", "Documents", "Schema"], swiftSettings: strict),
        .testTarget(
            name: "RegistryTests", dependencies: ["RegistryPeers", "TestSupport", "OCI", "Digest", "Documents"],
            swiftSettings: strict),
        .testTarget(name: "HouseTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "AssembleTests",
            dependencies: ["TestSupport", "Assemble", "Prepare", "OCI", "Digest", "Documents", "Files"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
// The house: leaf targets know one thing each, HostKit knows what the host does, a plugin knows one vendor.
// Arrows run one way and Tests/HouseTests holds them; docs/house.md is the map.

import Foundation
import PackageDescription

/// Warnings are errors in CI, where nobody reads them.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
] + (ProcessInfo.processInfo.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

func leaf(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func hostKit(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    leaf(name, dependencies, path: "Sources/HostKit/\(name)")
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "eulerpublisher",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    ],
    targets: [
        // Leaves.
        leaf("Digest", ["Documents", crypto]),
        leaf("Documents"),

        // Container images: values, layout directories, tar and gzip. CArchive reads tar.xz, CZlib writes gzip.
        .target(name: "CArchive", linkerSettings: [.linkedLibrary("archive")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        leaf("OCI", ["CArchive", "CZlib", "Digest", "Documents"]),

        // From a release mirror to an image layout.
        hostKit("Prepare", ["OCI", "Digest", "Documents"]),
        hostKit("Assemble", ["Prepare", "OCI", "Digest", "Documents"]),

        .testTarget(name: "OCITests", dependencies: ["OCI", "Digest", "Documents"], swiftSettings: strict),
        .testTarget(name: "PrepareTests", dependencies: ["Prepare", "OCI", "Digest", "Documents"], swiftSettings: strict),
        .testTarget(
            name: "AssembleTests", dependencies: ["Assemble", "Prepare", "OCI", "Digest", "Documents"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

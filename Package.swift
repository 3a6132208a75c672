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


let package = Package(
    name: "eulerpublisher",
    products: [
        .executable(name: "eulerpublisher-worker", targets: ["Worker"]),
    ],
    dependencies: [
    ],
    targets: [
        // The contract.
        .target(name: "ProviderAPI", exclude: ["provider.map", "schemas"]),

        // C that Swift cannot say: variadic calls, packed structs, kernel interfaces.
        .target(name: "CSystem"),

        // Leaves.
        leaf("Documents"),

        // What loads and calls a provider; no Foundation.
        leaf("ProviderRuntime", ["ProviderAPI", "CSystem"]),
        .executableTarget(name: "Worker", dependencies: ["ProviderRuntime"], swiftSettings: strict),

        // What the host does.
        hostKit("Workers", ["ProviderRuntime", "ProviderAPI", "CSystem", "Documents"]),

        // Tests.
        .executableTarget(
            name: "WorkersTestHost", dependencies: ["Workers"], path: "Tests/WorkersTestHost", swiftSettings: strict),
        .testTarget(
            name: "WorkersTests",
            dependencies: ["Workers", "ProviderRuntime", "ProviderAPI", "Documents", "Worker", "WorkersTestHost"],
            swiftSettings: strict),
        .testTarget(name: "ABITests", dependencies: ["ProviderAPI"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

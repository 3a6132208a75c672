// swift-tools-version: 6.2
// The fuzzer of the image readers: a package of its own, since what it runs is built with counters of coverage.
// Kit leads to the house's own targets; scripts/fuzz builds and runs.

import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Optimised, the readers of texts take as long to build as all else together, and run some times as fast: for long runs.
let textsOptimised = ProcessInfo.processInfo.environment["FUZZ_LONG"] != nil

func kit(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Kit/\(name)", swiftSettings: strict)
}

func shim(_ name: String, _ library: String? = nil) -> Target {
    .target(
        name: name, path: "Kit/\(name)", linkerSettings: library.map { [.linkedLibrary($0)] } ?? [])
}

let package = Package(
    name: "Fuzz",
    dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
    targets: [
        shim("CSystem"), shim("CZlib", "z"), shim("CLzma", "lzma"), shim("CZstd", "zstd"), shim("CLz4", "lz4"),
        shim("CCrypt", "crypt"), shim("COpenSSL", "crypto"),
        .target(name: "Memory", path: "Memory"),
        // Values and their JSON: nothing of them reads an image, and optimised they take half of the build.
        .target(
            name: "Documents", path: "Kit/Documents", swiftSettings: strict + [.unsafeFlags(["-Onone"])]),
        kit("Digest", ["COpenSSL", "CSystem", "Documents"]),
        kit("Blocks", ["CSystem", "CZlib", "CZstd", "Documents"]),
        kit("FileSystems", ["Blocks", "Documents"]),
        kit("Partitions", ["Blocks", "FileSystems", "CZlib", "Documents"]),
        kit("PackageDatabases", ["FileSystems", "Blocks", "Documents"]),
        kit("Initramfs", ["FileSystems", "Blocks", "CZlib", "CLzma", "CZstd", "CLz4", "Documents"]),
        .target(
            name: "Guest",
            dependencies: [
                "Initramfs", "FileSystems", "Blocks", "Digest", "CCrypt", "CLzma", "Documents",
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Kit/Guest",
            swiftSettings: strict + (textsOptimised ? [] : [.unsafeFlags(["-Onone"])])),
        kit(
            "Inspection",
            ["Guest", "Initramfs", "PackageDatabases", "Partitions", "FileSystems", "Blocks", "Documents"]),
        kit("ImageTesting", ["FileSystems", "Blocks", "Documents"]),
        .executableTarget(
            name: "Fuzzer",
            dependencies: [
                "Inspection", "Guest", "Initramfs", "PackageDatabases", "Partitions", "FileSystems", "Blocks",
                "ImageTesting", "Memory", "CZlib", "Documents",
            ],
            path: "Fuzzer", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

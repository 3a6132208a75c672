import Foundation

/// The folder that Package.swift lies in.
public let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

/// The staged tree, as `make stage` made it; nil unless the tests were started by `make test`.
public let stage = ProcessInfo.processInfo.environment["EULERPUBLISHER_STAGE"]

/// How a program ended.
public struct Answer: Sendable {
    /// Of a program that a signal ended, minus its number.
    public var status: Int32
    /// What it wrote on both its outputs.
    public var output: String
}

/// Runs a program to its end. Blocks the caller: tests that share threads with others use `runApart`.
/// - Parameters:
///   - command: the program, found on the PATH, and its arguments.
///   - environment: added to the tests' own.
@discardableResult
public func run(_ command: [String], in directory: String? = nil, environment: [String: String] = [:]) throws -> Answer
{
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Answer(
        status: isSignal ? -process.terminationStatus : process.terminationStatus,
        output: String(decoding: data, as: UTF8.self))
}

/// The same, on a thread of its own.
@discardableResult
public func runApart(_ command: [String], in directory: String? = nil, environment: [String: String] = [:]) async throws
    -> Answer
{
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result { try run(command, in: directory, environment: environment) })
        }
    }
}

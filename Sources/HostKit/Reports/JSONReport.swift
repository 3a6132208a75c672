import Documents
public import Execution

/// A run for programs: one event a line (schemas/event.schema.json).
public struct JSONReport: RunObserver {
    private let print: @Sendable (String) -> Void

    /// - Parameter print: writes one line; any thread.
    public init(print: @escaping @Sendable (String) -> Void) { self.print = print }

    public func observe(_ event: RunEvent) {
        guard let bytes = try? DocumentCoding.encode(event) else { return }
        print(String(decoding: bytes, as: UTF8.self))
    }
}

/// `--quiet`: only the end is printed.
public struct QuietReport: RunObserver {
    public init() {}
    public func observe(_ event: RunEvent) {}
}

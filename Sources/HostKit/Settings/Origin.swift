/// Where a value was set.
public enum Origin: Sendable, Hashable, CustomStringConvertible {
    /// Nowhere: it is built in.
    case builtIn
    /// `path:line`.
    case file(String)
    /// An environment variable's name.
    case variable(String)
    /// An option of the command line, `--state-dir`.
    case flag(String)

    public var description: String {
        switch self {
        case .builtIn: "built in"
        case .file(let place): place
        case .variable(let name): "variable \(name)"
        case .flag(let name): "flag \(name)"
        }
    }
}

/// A value and where it was set.
public struct Setting<Value: Sendable>: Sendable {
    public var value: Value
    public var origin: Origin
    public init(_ value: Value, _ origin: Origin) {
        self.value = value
        self.origin = origin
    }
}

extension Setting: Equatable where Value: Equatable {}

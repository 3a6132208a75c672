/// What a tag is by its spelling.
public enum TagKind: Sendable, Equatable {
    /// A version of the system: 24.03-lts-sp2.
    case release(SystemVersion)
    /// A version of a program on a version of the system: 2.4.51-oe2203sp2.
    case application(ApplicationVersion)
    /// The recommended version of a long-term line: 24.03.
    case line(SystemVersion)
    /// `latest`, and whatever else is no version.
    case alias

    public init(_ tag: String) {
        if let version = SystemVersion(tag) {
            self = !version.isLongTerm && version.isLongTermDate ? .line(version) : .release(version)
        } else if let version = ApplicationVersion(tag) {
            self = .application(version)
        } else {
            self = .alias
        }
    }

    /// Whether the tag promises one content for good.
    public var isVersion: Bool {
        switch self {
        case .release, .application: true
        case .line, .alias: false
        }
    }
}

/// The version of a program, and of the system below it: `2.4.51-oe2203sp2`, `8.1.RC1-python3.11-oe2403lts-dev`.
///
/// Source: oEEP-0005 and oEEP-0014 (https://gitee.com/openeuler/TC/tree/master/oEEP).
public struct ApplicationVersion: Sendable, Hashable {
    public let software: String
    public let system: SystemVersion

    public init?(_ tag: String) {
        guard tag.utf8.count <= 128 else { return nil }
        var parts = tag.split(separator: "-", omittingEmptySubsequences: false)
        if parts.last == "dev" { parts.removeLast() }
        guard parts.count > 1, let system = SystemVersion(compact: String(parts.removeLast())),
            !parts.contains(where: \.isEmpty)
        else { return nil }
        software = parts.joined(separator: "-")
        self.system = system
    }
}

/// Which of two versions is the higher one, if that can be told.
public enum VersionOrder: Sendable, Equatable {
    case lower, same, higher, unclear

    /// How `left` stands to `right`. Names of releases are compared as such, dotted numbers as numbers; nothing else has an
    /// order that everybody agrees on.
    public static func compare(_ left: String, _ right: String) -> VersionOrder {
        if left.lowercased() == right.lowercased() { return .same }
        if let one = SystemVersion(left), let other = SystemVersion(right) { return order(one, other) }
        if let one = ApplicationVersion(left), let other = ApplicationVersion(right) {
            let software = dotted(one.software, other.software)
            return software == .same ? order(one.system, other.system) : software
        }
        return dotted(left, right)
    }

    private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> VersionOrder {
        left < right ? .lower : left == right ? .same : right < left ? .higher : .unclear
    }

    private static func dotted(_ left: String, _ right: String) -> VersionOrder {
        if left == right { return .same }
        func numbers(_ text: String) -> [Int]? {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { number($0) }
            return parts.contains(nil) ? nil : parts.compactMap(\.self)
        }
        guard var one = numbers(left), var other = numbers(right) else { return .unclear }
        while one.last == 0 { one.removeLast() }
        while other.last == 0 { other.removeLast() }
        if one == other { return .same }
        return one.lexicographicallyPrecedes(other) ? .lower : .higher
    }
}

extension Expected {
    /// Whether a value is as expected; nil where nothing is set.
    func fits(_ value: String?) -> Bool {
        guard let value else {
            switch self {
            case .notSet, .noneOf: return true
            default: return false
            }
        }
        switch self {
        case .oneOf(let values): return values.contains { $0.lowercased() == value.lowercased() }
        case .noneOf(let values): return !values.contains { $0.lowercased() == value.lowercased() }
        case .beginsWith(let beginnings): return beginnings.contains { value.hasPrefix($0) }
        case .atLeast(let least): return Int(value).map { $0 >= least } ?? false
        case .atMost(let most): return Int(value).map { $0 <= most } ?? false
        case .notSet: return false
        }
    }

    /// Whether values that are all in force are as expected: none may be forbidden, one has to be what is asked for.
    func fits(all values: [String]) -> Bool {
        switch self {
        case .noneOf: values.allSatisfy(fits)
        case .notSet: values.isEmpty
        case .atLeast, .atMost: !values.isEmpty && values.allSatisfy(fits)
        case .oneOf, .beginsWith: values.contains(where: fits)
        }
    }

    /// `yes or no`, `at least 8`.
    var words: String {
        switch self {
        case .oneOf(let values): values.either
        case .noneOf(let values): "anything but \(values.either)"
        case .beginsWith(let values):
            values.count == 1 ? "\(values[0]), with or without what follows a comma" : values.either
        case .atLeast(let least): "at least \(least)"
        case .atMost(let most): "at most \(most)"
        case .notSet: "not set"
        }
    }

    /// A value that fits, for whoever sets it.
    var example: String? {
        switch self {
        case .oneOf(let values), .beginsWith(let values): values.first
        case .atLeast(let number), .atMost(let number): String(number)
        case .noneOf, .notSet: nil
        }
    }
}

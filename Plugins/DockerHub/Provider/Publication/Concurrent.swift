/// Runs one thing for many values, a few at a time.
enum Concurrent {
    /// - Returns: the results in the values' order.
    /// - Throws: the first error; what was under way is cancelled.
    static func map<Value: Sendable, Result: Sendable>(
        _ values: [Value], limit: Int, _ body: @escaping @Sendable (Value) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: values.count)
            var next = 0
            func start() {
                guard next < values.count else { return }
                let (number, value) = (next, values[next])
                next += 1
                group.addTask { (number, try await body(value)) }
            }
            for _ in 0..<max(1, limit) { start() }
            while let (number, result) = try await group.next() {
                results[number] = result
                start()
            }
            return results.compactMap(\.self)
        }
    }
}

import Documents

/// Lets at most so many workers run at once.
actor Turnstile {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) { free = places }

    func enter() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// A turnstile of one place for each of many things.
actor Turns {
    private var all: [String: Turnstile] = [:]

    func of(_ name: String) -> Turnstile {
        if let known = all[name] { return known }
        let new = Turnstile(1)
        all[name] = new
        return new
    }
}

/// Holds targets back until all have arrived, or until one cannot.
actor Barrier {
    private var missing: Int
    private var failed: String?
    private var waiting: [CheckedContinuation<String?, Never>] = []

    init(count: Int) { missing = count }

    /// Returns when all have arrived.
    /// - Throws: `Failure` when another did not: nothing may be released then.
    func arrive(_ title: String) async throws {
        missing -= 1
        let culprit: String?
        if missing == 0 || failed != nil {
            open()
            culprit = failed
        } else {
            culprit = await withCheckedContinuation { waiting.append($0) }
        }
        if let culprit {
            throw Failure(
                .partial, "all is ready, and nothing was released: \(culprit) did not get this far", place: title,
                hint: "mend \(culprit), then resume the run", retryable: true)
        }
    }

    /// This one will not arrive.
    func fail(_ title: String) {
        failed = failed ?? title
        missing -= 1
        open()
    }

    /// Has nothing to release.
    func leave() {
        missing -= 1
        if missing == 0 { open() }
    }

    private func open() {
        for continuation in waiting { continuation.resume(returning: failed) }
        waiting = []
    }
}

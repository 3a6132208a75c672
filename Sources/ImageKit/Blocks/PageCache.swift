package import Documents
import Synchronization

/// The places of a file system that its reader comes back to, kept in bounded memory: tables of inodes, directories, the FAT.
///
/// Pages are dropped in the order of a clock's hand: one that was not asked for since the hand's last round goes first.
/// Safe to use from any thread; no lock is held while the source is read.
package final class PageCache: Sendable {
    /// In bytes. A power of two, and no less than most blocks.
    package static let pageSize = 16384

    private struct Slot {
        var number: UInt64
        var page: [UInt8]
        var isRecent: Bool
    }

    private struct State {
        var slots: [Slot] = []
        var places: [UInt64: Int] = [:]
        var hand = 0
    }

    package let source: any ByteSource
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: in pages; the default is 8 MiB.
    package init(_ source: any ByteSource, capacity: Int = 512) {
        self.source = source
        self.capacity = max(capacity, 1)
    }

    /// Fills the buffer from `offset` on.
    /// - Throws: `Failure` if the bytes are not there or can't be read.
    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= source.size, UInt64(buffer.count) <= source.size - offset else {
            throw Failure(
                .refused, "\(buffer.count) bytes at \(offset) reach past the end of the file system",
                hint: "the image was cut or is damaged: make it again")
        }
        var filled = 0
        while filled < buffer.count {
            let place = offset + UInt64(filled)
            let page = try page(place / UInt64(Self.pageSize))
            let start = Int(place % UInt64(Self.pageSize))
            guard start < page.count else { throw Failure(.refused, "nothing can be read at \(place)") }
            let count = min(page.count - start, buffer.count - filled)
            page.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            }
            filled += count
        }
    }

    /// The page that a byte lies in, and where in it.
    package func page(holding offset: UInt64) throws(Failure) -> (page: [UInt8], start: Int) {
        guard offset < source.size else {
            throw Failure(
                .refused, "byte \(offset) lies past the end", hint: "the image was cut or is damaged: make it again")
        }
        return (try page(offset / UInt64(Self.pageSize)), Int(offset % UInt64(Self.pageSize)))
    }

    /// - Parameter count: what the caller held against a limit: it is allocated.
    package func bytes(at offset: UInt64, count: Int) throws(Failure) -> [UInt8] {
        var failure: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, filled in
            do throws(Failure) {
                try read(
                    at: offset,
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<max(count, 0)]))
                filled = max(count, 0)
            } catch {
                failure = error
                filled = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private func page(_ number: UInt64) throws(Failure) -> [UInt8] {
        let kept: [UInt8]? = state.withLock { state in
            guard let place = state.places[number] else { return nil }
            state.slots[place].isRecent = true
            return state.slots[place].page
        }
        if let kept { return kept }
        let offset = number * UInt64(Self.pageSize)
        let page = try source.bytes(at: offset, count: Int(min(UInt64(Self.pageSize), source.size - offset)))
        state.withLock { state in
            guard state.places[number] == nil else { return }
            let slot = Slot(number: number, page: page, isRecent: true)
            if state.slots.count < capacity {
                state.places[number] = state.slots.count
                state.slots.append(slot)
                return
            }
            while state.slots[state.hand].isRecent {
                state.slots[state.hand].isRecent = false
                state.hand = (state.hand + 1) % state.slots.count
            }
            state.places[state.slots[state.hand].number] = nil
            state.places[number] = state.hand
            state.slots[state.hand] = slot
            state.hand = (state.hand + 1) % state.slots.count
        }
        return page
    }
}

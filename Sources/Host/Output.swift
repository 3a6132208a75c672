import CSystem
import Documents
import Glibc
import Reports
import Synchronization

/// Standard output and standard error, written whole. Results go to the one, words about them to the other.
enum Output {
    /// Why standard output could not take all of it: the first reason.
    private static let loss = Mutex<Int32?>(nil)
    /// Standard output was closed when the program began.
    private static let wasClosed = Mutex(false)

    /// First of all: a standard descriptor that is closed leads nowhere from now on. Else it would be the number of the next
    /// file that is opened, and what is meant for people would be written there.
    static func start() {
        var descriptor = open("/dev/null", O_RDWR)
        while (0...STDERR_FILENO).contains(descriptor) {
            if descriptor == STDOUT_FILENO { wasClosed.withLock { $0 = true } }
            descriptor = open("/dev/null", O_RDWR)
        }
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    /// Columns of the terminal that results go to, 100 at most; nil of a pipe or a file, which have whole lines.
    static var width: Int? {
        let columns = Int(eps_terminal_width(STDOUT_FILENO))
        return columns > 0 ? min(columns, 100) : nil
    }

    static func error(_ text: String) { _ = write(Printable.text(text) + "\n", to: STDERR_FILENO) }
    static func result(_ text: String) { raw(Printable.text(text) + "\n") }
    /// A document in JSON, as it was encoded.
    static func json(_ text: String) { raw(Printable.json(text) + "\n") }
    /// As it is: for lines that are drawn again, which hold control sequences of ours.
    static func raw(_ text: String) {
        guard let number = write(text, to: STDOUT_FILENO) else { return }
        loss.withLock { $0 = $0 ?? number }
    }

    static func json(_ value: some Encodable, pretty: Bool = false) throws {
        json(String(decoding: try DocumentCoding.encode(value, pretty: pretty), as: UTF8.self))
    }

    /// A document for programs.
    static func document(_ document: JSON) throws { try self.document(of: document) }
    static func document(of value: some Encodable) throws { try json(value, pretty: true) }

    /// What a command that is done otherwise ends with when its output was lost: nobody may take a part for the whole. A reader
    /// who went away has what was wanted.
    static var lost: Failure? {
        guard let number = loss.withLock({ $0 }), number != EPIPE else { return nil }
        return Failure(
            .internal, "the output could not be written: \(String(cString: strerror(number)))",
            place: "standard output", hint: "what the command does besides is done; check where its output goes")
    }

    /// The same of a command that does nothing but tell: then a standard output that was closed is a loss as well.
    static var undelivered: Failure? {
        if wasClosed.withLock({ $0 }) { loss.withLock { $0 = $0 ?? EBADF } }
        return lost
    }

    /// - Returns: the error number when not all could be written.
    private static func write(_ text: String, to descriptor: Int32) -> Int32? {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return errno }
            bytes = bytes.dropFirst(count)
        }
        return nil
    }
}

import Foundation
import TestSupport
import Testing

/// The programs that were built beside this bundle, laid out as they are installed.
enum Products {
    /// The folder that holds them: the bundle is mapped into the test runner.
    static let folder: String = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let bundle = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }.flatMap { line in
            line.firstIndex(of: "/").map { String(line[$0...]) }
        }
        return bundle.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? "."
    }()

    static var worker: String { "\(folder)/eulerpublisher-worker" }

    /// Makes `prefix/bin/eulerpublisher` and `prefix/libexec/...`: the staged ones if they are there.
    static func install(at prefix: String) throws {
        let staged = ProcessInfo.processInfo.environment["EULERPUBLISHER_STAGE"]
        let files = [
            ("bin/eulerpublisher", "eulerpublisher"),
            ("libexec/eulerpublisher/eulerpublisher-worker", "eulerpublisher-worker"),
        ]
        for (place, name) in files {
            let to = URL(fileURLWithPath: "\(prefix)/\(place)")
            try FileManager.default.createDirectory(
                at: to.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: staged.map { "\($0)/\(place)" } ?? "\(folder)/\(name)", toPath: to.path)
            chmod(to.path, 0o755)
        }
    }
}

/// A provider whose rules are data, and which misbehaves on request (-DFAULT=...).
let providerWithRules = """
    #include <eulerpublisher/provider.h>
    #include <stdlib.h>
    #include <string.h>
    EP_EMBED_MANIFEST(manifest, "embedded.json");
    #define CRASH 1
    #define GARBAGE 2
    #define REFUSE 3
    #define LIE 4
    #ifndef FAULT
    #define FAULT 0
    #endif
    static ep_provider provider;
    static ep_status open_it(const ep_host *host, const char *configuration, uint64_t size, ep_instance **instance,
                             const ep_sink *sink)
    {
        (void)host; (void)configuration; (void)size; (void)instance; (void)sink;
        return EP_OK;
    }
    static void close_it(ep_instance *instance) { (void)instance; }
    static ep_status invoke(ep_instance *instance, const char *operation, const char *request, uint64_t size, const ep_sink *sink)
    {
        static const char rules[] = "{\\"format\\": 1, \\"items\\": [{\\"id\\": \\"acme.one\\"}, {\\"id\\": \\"acme.two\\"}]}";
        static const char garbage[] = "{\\"format\\": 1, \\"itmes\\": []}";
        static const char refusal[] = "{\\"code\\": \\"refused\\", \\"message\\": \\"not today\\"}";
        (void)instance; (void)request; (void)size;
        if (strcmp(operation, EP_OP_REQUIREMENTS) != 0) return EP_UNSUPPORTED;
        if (FAULT == CRASH) abort();
        if (FAULT == GARBAGE) return sink->write(sink->context, garbage, sizeof garbage - 1);
        if (FAULT == REFUSE) {
            sink->write(sink->context, refusal, sizeof refusal - 1);
            return EP_REFUSED;
        }
        return sink->write(sink->context, rules, sizeof rules - 1);
    }
    const ep_provider *eulerpublisher_provider_v1(void)
    {
        provider.header.size = sizeof provider;
        provider.header.abi_major = EP_ABI_MAJOR;
        provider.id = "acme";
        provider.version = FAULT == LIE ? "9.9.9" : "1.2.0";
        provider.manifest = manifest;
        provider.manifest_size = (uint64_t)(manifest_end - manifest);
        provider.open = open_it;
        provider.close = close_it;
        provider.invoke = invoke;
        return &provider;
    }
    """

import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

/// GRUB itself, as a program: what its scripts leave in variables.
struct GRUBScriptTests {
    /// Scripts that set `a` to `e`.
    static let scripts = [
        "set a=1; set b='x y'; set c=\"$b\"; set d=$b",
        "set x=\"a b\"; set a=$x; for w in $x c; do set b=\"${b}<$w>\"; done",
        "if [ \"$nothing\" ]; then set a=1; elif [ x$nothing = x ]; then set a=2; else set a=3; fi",
        "set x=1; if [ \"$x\" = 1 -a ! -z \"$x\" -o -n \"\" ]; then set a=yes; else set a=no; fi",
        "function f { set a=\"$# $1 $2\"; set b=\"$*\"; return 1; set c=never; }\nf 'p q' r\nset d=$?\n",
        "if true; then set a=1; fi\nif false; then set b=1; else set b=2; fi; set c=$?",
        "until [ \"$n\" = xxx ]; do set n=\"${n}x\"; done; set a=$n",
        "while [ \"$n\" != xx ]; do set n=\"${n}x\"; set a=\"$a.\"; done",
        "set a=\"\\$b \\\" \\\\ \\x\"; set b='$a \\'; set c=a\\ b\\;c",
        "set a=a#b # comment\n# set a=2\nset b=x#; set c=1",
        "set x='1 2'; set a=\"p${x}q\"; for w in p${x}q \"p${x}q\"; do set b=\"$b<$w>\"; done",
        "for w in '' \"\" $none x; do set a=\"$a<$w>\"; done",
        "set a=one\nunset a\nset b=\"<$a>\"",
        "if [ 10 -gt 9 ]; then set a=gt; fi; if [ 2 -eq 02 ]; then set b=eq; fi; if [ 1 -ne 1 ]; then set c=ne; fi",
        "if ! false; then set a=not; fi",
        "if [ ( a = a ) -a ( b = c -o d = d ) ]; then set a=both; fi",
        "set a=\"multi\nline\"\nset b='x\ny'",
        "a=5\nb=\"x y\"\nset c=$a$b",
        "function f { for i in \"$@\"; do set a=\"$a<$i>\"; done; }; f 'x y' z ''",
        "function f { if [ $1 = 3 ]; then set a=done; else set b=\"$b.\"; f 3; fi; }; f 1",
        "set a=a\\\nb; set b=\"c\\\nd\"",
        "set x=v; set a=$x.y; set b=${x}z; set c=$xz; set d=\"$x${x}\"",
        "menuentry 'T' --id x { set a=inner }\nset b=outer",
        "if [ x = x ]; then\n  if [ y = z ]; then\n    set a=1\n  else\n    set a=2\n  fi\nfi",
        "if [ a ]; then set a=1; fi; if [ '' ]; then set b=1; else set b=0; fi; if test x = x; then set c=t; fi",
        "if [ -z \"\" -a -n x ]; then set a=1; fi; if [ ! = ! ]; then set b=1; fi",
    ]

    @Test(
        "what a script sets is what GRUB's own interpreter sets",
        .enabled(if: GRUBPeer.emulator != nil, "grub-emu is not installed"), arguments: scripts)
    func agree(_ script: String) throws {
        let scratch = try Scratch()
        let names = ["a", "b", "c", "d"]
        let told = names.map { "echo \"\($0)=[$\($0)]\"" }.joined(separator: "\n")
        _ = try scratch.write("grub.cfg", script + "\necho MARK\n" + told + "\necho MARK\nexit\n")
        let peer = try run(["timeout", "20", try #require(GRUBPeer.emulator), "-d", scratch.path])
        let answer = String(peer.output.filter { $0 != "\r" }.map { $0 == "\r\n" ? "\n" : $0 })
        let parts = answer.split(separator: "MARK\n", omittingEmptySubsequences: false)
        try #require(parts.count == 3, "\(answer)")

        var ours = GRUBInterpreter(
            files: GRUBFiles(volumes: []), platform: .bios, root: "", prefix: "", path: "grub.cfg")
        try ours.run(try GRUBParser.parse(script, path: "grub.cfg"), path: "grub.cfg")
        let expected = names.map { "\($0)=[\(ours.value($0))]\n" }.joined()
        #expect(String(parts[1]) == expected)
    }

    /// What grub-script-check takes and what it refuses.
    static let syntax = [
        "set a=1\n", "if true; then set a=1; fi\n", "menuentry 'x' {\n linux /v\n}\n",
        "submenu a { menuentry b { c } }\n",
        "if true; then set a=1\n", "menuentry 'x' { linux /v\n", "set a='b\n", "set a=\"b\n", "}\n", "fi\n",
        "for x in a b; do echo $x; done\n", "for x in a b; echo $x; done\n", "while true; do x; done\n",
        "function f { x }\n", "function { x }\n", "echo ${a}\n", "echo ${a\n", "a | b\n", "a && b\n",
        "if ; then x; fi\n",
        "if a; then fi\n", "echo \\\n", "menuentry x\n{\n y\n}\n", "then\n", "echo if then fi\n", "\n\n;\n", "",
        "function f { a }\n", "echo $\n", "echo \"$\"\n", "a;;b\n", "a;\n;b\n", "if a; then ; b; fi\n", "echo \\",
        "menuentry x { }\n", "for x in; do a; done\n", "while a; do done\n", "a; # x\n", ";a\n",
        "submenu x {\n\n a;\n\n}\n",
        "if a; then b; else fi\n", "if a; then b; elif c; then d; elif e; then f; else g; fi\n", "echo a{b}\n", "! a\n",
        "if ! a; then b; fi\n", "function f { b; } ; c\n", "menuentry 'a' { b } c\n", "if a; then b; fi c\n",
        "if a\nthen\nb\nelse\nc\nfi\n", "function f { a; }\n", "function f\n{\n a\n}\n", "until a; do b; done; c\n",
    ]

    @Test(
        "a script that GRUB can't parse is refused, and no other",
        .enabled(if: GRUBPeer.checker != nil, "grub-script-check is not installed"), arguments: syntax)
    func parse(_ script: String) throws {
        let scratch = try Scratch()
        let script = script + "true\n"
        let path = try scratch.write("grub.cfg", script)
        let isGood = try run([try #require(GRUBPeer.checker), path]).status == 0
        let ours = (try? GRUBParser.parse(script, path: path)) != nil
        #expect(ours == isGood, "grub-script-check takes it: \(isGood)")
    }

    @Test(
        "environment blocks are read as grub-editenv lists them",
        .enabled(if: GRUBPeer.editor != nil, "grub-editenv is not installed"))
    func environment() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/grubenv"
        let editor = try #require(GRUBPeer.editor)
        _ = try run([editor, path, "create"])
        let values = ["saved_entry=a b", "kernelopts=root=UUID=x ro quiet", "x=with\\backslash", "empty="]
        for value in values { #expect(try run([editor, path, "set", value]).status == 0) }
        let listed = try run([editor, path, "list"]).output.split(separator: "\n").map(String.init)
        let bytes = try #require(try MemoryFile.bytes(path))
        let ours = try #require(GRUBEnvironment.parse(bytes)).map { "\($0.name)=\($0.value)" }
        #expect(ours == listed)
        #expect(GRUBEnvironment.parse(Array("no block".utf8)) == nil)
    }
}

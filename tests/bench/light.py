"""How long a program that includes xtape compiles: README.md's first program in multiples of <vector>, <string>,
<memory> and <span> alone, of which there should be at most two. Prints seconds of the CPU, medians of nine runs in turn,
and the instructions of the compiler, which do not depend on the machine's load (by valgrind; in millions).

    tests/bench/light.py [COMPILER]            g++ by default
    tests/bench/light.py [COMPILER] --headers  also what each public header adds to those before it; ten minutes
"""
import pathlib
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = "".join(f"#include <{name}>\n" for name in ("vector", "string", "memory", "span"))
EMPTY_MAIN = "int main() {}\n"


def programs():
    first = re.search(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    return {"base": BASE + EMPTY_MAIN,
            "base and fmt/core.h": BASE + "#include <fmt/core.h>\n" + EMPTY_MAIN,
            "xtape/xtape.hpp": "#include <xtape/xtape.hpp>\n" + EMPTY_MAIN,
            "README's program": first}


class Compiler:
    def __init__(self, name, folder):
        self.source = folder / "program.cpp"
        self.command = [name, "-std=c++20", f"-I{ROOT / 'include'}", "-c", self.source, "-o", folder / "program.o"]

    def seconds(self, program):
        self.source.write_text(program)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(self.command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def instructions(self, program):
        """In millions, of the compiler proper: without the driver, the assembler and the kernel."""
        self.source.write_text(program)
        printed = subprocess.run([*self.command, "-###"], check=True, capture_output=True, text=True).stderr
        proper = next(line for line in printed.splitlines() if re.search(r"/cc1plus|\"-cc1\"", line))
        counted = subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
                                  *shlex.split(proper)], check=True, capture_output=True, text=True).stderr
        return int(re.search(r"I\s+refs:\s+([\d,]+)", counted)[1].replace(",", "")) / 1e6


def in_order_of_inclusion():
    """The public headers, each behind those that it includes."""
    done = []

    def visit(header):
        if header in done:
            return
        for name in re.findall(r'#include "(xtape/.*)"', (ROOT / "include" / header).read_text()):
            visit(name)
        done.append(header)

    visit("xtape/xtape.hpp")
    return done


def main():
    arguments = sys.argv[1:]
    wants_headers = "--headers" in arguments
    names = [a for a in arguments if a != "--headers"] or ["g++"]
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(names[0], pathlib.Path(folder))
        texts = programs()
        runs = [{name: compiler.seconds(text) for name, text in texts.items()} for _ in range(9)]
        seconds = {name: statistics.median(run[name] for run in runs) for name in texts}
        counts = {name: compiler.instructions(text) for name, text in texts.items()}
        print(f"{'':24}{'seconds':>10}{'of base':>10}{'instructions':>16}{'of base':>10}")
        for name in texts:
            print(f"{name:24}{seconds[name]:10.3f}{seconds[name] / seconds['base']:10.2f}"
                  f"{counts[name]:16.0f}{counts[name] / counts['base']:10.2f}")
        if not wants_headers:
            return
        print("\nEach header's own instructions, behind those of the lines before:")
        program = BASE
        before = compiler.instructions(program)
        for header in in_order_of_inclusion():
            program += f"#include <{header}>\n"
            count = compiler.instructions(program)
            print(f"{header:40}{count - before:10.1f}", flush=True)
            before = count


if __name__ == "__main__":
    main()

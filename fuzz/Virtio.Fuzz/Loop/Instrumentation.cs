using SharpFuzz;

namespace Virtio.Fuzz.Loop;

/// <summary>Makes the library count its branches: the file in a folder that this program is a copy in.</summary>
internal static class Instrumentation
{
    internal static int Apply(string folder)
    {
        // A lazy sequence: it is done when it was asked for its last type.
        return Fuzzer.Instrument(Path.Combine(folder, "Virtio.dll"), _ => true, Options.Value).ToList().Count > 0 ? 0 : 1;
    }
}

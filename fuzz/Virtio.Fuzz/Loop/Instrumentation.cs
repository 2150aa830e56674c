using SharpFuzz;

namespace Virtio.Fuzz.Loop;

/// <summary>Instruments the libraries in a folder with a copy of this program, so that they count their branches.</summary>
internal static class Instrumentation
{
    private static readonly string[] Libraries = ["Virtio.dll", "Virtio.VhostUser.dll"];

    internal static int Apply(string folder)
    {
        // Instrument returns a lazy sequence; ToList makes it do its work.
        return Libraries.All(library => Instrument(Path.Combine(folder, library))) ? 0 : 1;

        static bool Instrument(string path) => Fuzzer.Instrument(path, _ => true, Options.Value).ToList().Count > 0;
    }
}

using SharpFuzz;

namespace Virtio.Fuzz.Loop;

/// <summary>Makes the libraries count their branches: the files in a folder that this program is a copy in.</summary>
internal static class Instrumentation
{
    private static readonly string[] Libraries = ["Virtio.dll", "Virtio.VhostUser.dll"];

    internal static int Apply(string folder)
    {
        // A lazy sequence: it is done when it was asked for its last type.
        return Libraries.All(library => Fuzzer.Instrument(Path.Combine(folder, library), _ => true, Options.Value).ToList().Count > 0) ? 0 : 1;
    }
}

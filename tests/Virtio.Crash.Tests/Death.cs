namespace Virtio.Crash.Tests;

/// <summary>The death of a process, for whoever lives on one thread.</summary>
internal sealed class Death : Exception
{
    [ThreadStatic]
    private static int _left;

    /// <summary>Stores that are still done.</summary>
    internal static void After(int stores) => _left = stores;

    internal static void Never() => _left = int.MaxValue;

    internal static void BeforeStore()
    {
        if (_left == 0)
            throw new Death();
        if (_left != int.MaxValue)
            _left--;
    }
}

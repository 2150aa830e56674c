using System.Runtime.ExceptionServices;

namespace Virtio.Vmm.Boards;

/// <summary>
/// The parts that a board has made so far. They are undone in reverse order when the board is disposed, or when the next part cannot be
/// made. Not thread-safe.
/// </summary>
internal sealed class BoardParts : IAsyncDisposable
{
    private readonly Stack<Func<ValueTask>> _undo = new();

    /// <summary>Adds the step that undoes the part made next, or the part just made.</summary>
    public void Add(Func<ValueTask> undo) => _undo.Push(undo);

    /// <summary>Adds a part that is undone by disposing it.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        Add(() =>
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        });
        return part;
    }

    /// <summary>Undoes all parts, even if a step fails. The exception of the first failed step is thrown at the end.</summary>
    public async ValueTask DisposeAsync()
    {
        ExceptionDispatchInfo? failure = null;
        while (_undo.TryPop(out var undo))
        {
            try
            {
                await undo().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        failure?.Throw();
    }
}

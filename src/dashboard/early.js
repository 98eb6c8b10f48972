// Runs before anything is shown, so that the page never shows the other theme first.
{
  const theme = localStorage.getItem('lifeguard-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}
